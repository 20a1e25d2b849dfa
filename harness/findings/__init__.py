"""What a check has to say: findings, their rules, advice, words, and how they are merged and ranked."""
