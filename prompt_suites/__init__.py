"""The systems under test: ResumeRocket's prompts and the services that send them."""
