"""Texts for drawn resumes and jobs: invented people in many scripts. The first text of each kind is the simplest."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Locale:
    """Texts for one language and place; no tuple is empty."""

    language: str
    place: tuple[str, str]
    """City and country code."""
    people: tuple[str, ...]
    positions: tuple[str, ...]
    employers: tuple[str, ...]
    summary: str
    duties: tuple[str, ...]
    """Past achievements or future tasks."""
    skills: tuple[str, ...]
    study: tuple[str, str, str]
    """Institution, area and type."""
    speaks: tuple[tuple[str, str], ...]
    """Languages, each with its fluency."""
    terms: tuple[str, str, str]
    """Type of employment, seniority, salary."""


LOCALES = (
    Locale(
        language="en",
        place=("Lisbon", "PT"),
        people=("Ana Silva", "Bo Li", "Seán O'Hara-Møller", "Maximiliane Theodora Wolfeschlegelsteinhausen-Berger"),
        positions=("Engineer", "Head of Data & Analytics (EMEA)", "QA / Test Lead"),
        employers=("Acme", "Nimbus & Pickle, Inc.", 'The "Copperfinch" Company'),
        summary="Builds services.",
        duties=(
            "Wrote tests.",
            "Cut p95 latency of the checkout API from 840 ms to 230 ms by adding two covering indexes.",
            "Carried the pager one week in six; wrote 14 runbooks & halved monthly pages (61 → 19).",
            "Moved 38 million invoice rows over eleven week-ends, <no> downtime, {no} surprises, 100% reconciled.",
        ),
        skills=("Python", "C++", "SQL", "Node.js"),
        study=("Hocking Ridge University", "Computer Science", "BSc"),
        speaks=(("English", "Native"), ("Português", "C1")),
        terms=("Full-time", "Senior", "$100,000"),
    ),
    Locale(
        language="pt",
        place=("São Paulo", "BR"),
        people=("João Conceição", "Inês d'Ávila Gonçalves", "Antônia Muñoz Brandão"),
        positions=("Analista de Marketing Júnior", "Coordenação de CRM – Aquisição"),
        employers=("Sabiá de Papel Cosméticos", "Ipê Amarelo Ltda."),
        summary="Analista em início de carreira; gosto de dados, de café e de testes A/B bem desenhados.",
        duties=(
            "Estruturou a régua de relacionamento por e-mail; a taxa de recompra subiu de 11% para 17%.",
            "Automatizou relatórios semanais em planilhas, poupando cerca de 6 horas por semana à equipe.",
        ),
        skills=("Google Analytics", "Redação", "SQL básico"),
        study=("Universidade Fictícia do Sudeste", "Comunicação Social", "Bacharelado"),
        speaks=(("Português", "Nativo"), ("Español", "Intermediário")),
        terms=("CLT, tempo integral", "Júnior", "R$ 3.800 a R$ 4.600"),
    ),
    Locale(
        language="de",
        place=("Dresden", "DE"),
        people=("Jürgen Groß", "Änne Weißhäupl-Straßer", "Dr.-Ing. Öykü Yıldız"),
        positions=("Bauingenieurin", "Abteilungsleitung Konstruktiver Ingenieurbau (m/w/d)"),
        employers=("Planwerk Luftschloss GmbH", "Brückenbau Größenwahn AG & Co. KG"),
        summary="Bauingenieur mit 22 Jahren Erfahrung im Brückenbau, davon acht in leitender Funktion.",
        duties=(
            "Tragwerksplanung für drei Straßenbrücken (Stützweiten bis 86 m) nach Eurocode 2 und 3.",
            "Nachtragsforderungen in Höhe von 1,4 Mio. € geprüft und um ein Drittel gekürzt.",
        ),
        skills=("Statik", "SOFiSTiK", "VOB/B"),
        study=("TU Wolkenheim", "Bauingenieurwesen", "Dipl.-Ing."),
        speaks=(("Deutsch", "Muttersprache"), ("Englisch", "fließend")),
        terms=("Vollzeit, unbefristet", "Leitung", "82.000–98.000 €"),
    ),
    Locale(
        language="vi",
        place=("Đà Nẵng", "VN"),
        # The second name has its accents as combining characters.
        people=("Nguyễn Thị Ánh", "Nguye\u0302\u0303n Thi\u0323 A\u0301nh", "Trần Đức Lương"),
        positions=("Kỹ sư phần mềm", "Trưởng nhóm kiểm thử"),
        employers=("Công ty Mây Hồng", "Xưởng Phần mềm Gió Lạ"),
        summary="Kỹ sư phần mềm với sáu năm kinh nghiệm; thích mã nguồn gọn gàng và tài liệu rõ ràng.",
        duties=(
            "Viết lại dịch vụ thanh toán, giảm lỗi trùng giao dịch từ 214 xuống 0.",
            "Hướng dẫn ba thực tập sinh, tất cả đều ở lại làm chính thức.",
        ),
        skills=("Java", "Kiểm thử tự động", "Docker"),
        study=("Đại học Tưởng Tượng", "Công nghệ thông tin", "Kỹ sư"),
        speaks=(("Tiếng Việt", "Bản ngữ"), ("English", "B2")),
        terms=("Toàn thời gian", "Trung cấp", "25–35 triệu ₫"),
    ),
    Locale(
        language="zh",
        place=("杭州", "CN"),
        # The second name begins with a character outside the basic plane.
        people=("李小雲", "𠮷田思远", "欧阳 静"),
        positions=("后端工程师", "数据平台负责人"),
        employers=("云上纸鸢科技有限公司", "青柠数据(杭州)"),
        summary="六年后端开发经验,专注于支付与账务系统,重视测试与文档。",
        duties=(
            "将结算批处理改造为流式架构,日终对账时间由四小时缩短至十二分钟。",
            "负责分库分表与在线迁移,全程零停机,迁移数据三千八百万行。",
        ),
        skills=("Go 语言", "数据库", "消息队列"),
        study=("虚构理工大学", "计算机科学", "硕士"),
        speaks=(("中文", "母语"), ("英语", "流利")),
        terms=("全职", "高级", "年薪 40–55 万元"),
    ),
    Locale(
        language="ja",
        place=("川崎市", "JP"),
        # The second name has half-width katakana, the third a full-width space.
        people=("佐々木 花", "ササキ ハナ", "架空 太郎"),
        positions=("研究員", "下流工程開発 主任研究員"),
        employers=("ほらふきバイオロジクス株式会社", "㈱雲の上研究所"),
        summary="抗体医薬の精製工程開発に四年間従事。実験計画法を用いた条件最適化を得意とする。",
        duties=(
            "プロテインA精製の条件を見直し、収率を78%から91%へ改善した。",
            "GMP文書を12件作成し、査察における指摘事項は0件であった。",
        ),
        skills=("HPLC", "統計解析", "細胞培養"),
        study=("夢見大学", "生命工学", "修士"),
        speaks=(("日本語", "母語"), ("英語", "TOEIC 820点")),
        terms=("正社員", "主任", "年収720万円〜900万円"),
    ),
    Locale(
        language="ko",
        place=("부산", "KR"),
        people=("김하늘", "남궁 바다"),
        positions=("데이터 분석가", "플랫폼 팀장"),
        employers=("구름다리소프트(주)", "없는회사"),
        summary="5년 차 데이터 분석가. 실험 설계와 지표 정의에 강점이 있습니다.",
        duties=(
            "추천 알고리즘 개선 실험 23건을 설계하고 전환율을 1.8%p 높였습니다.",
            "야간 배치를 재작성하여 처리 시간을 3시간에서 25분으로 단축했습니다.",
        ),
        skills=("파이썬", "통계", "태블로"),
        study=("상상대학교", "통계학", "학사"),
        speaks=(("한국어", "모국어"), ("영어", "업무 가능")),
        terms=("정규직", "경력", "6,000만원 이상"),
    ),
    Locale(
        language="ar",
        place=("عمّان", "JO"),
        # The second name carries its direction and vowel marks.
        people=("ميمونة الخيالي", "\u200fمُحَمَّد بن عبد الله\u200f", "د. نور (Noor) الدين"),
        positions=("معلمة رياضيات", "رئيس/ة قسم الرياضيات – المرحلة الثانوية"),
        employers=("مدرسة قوس قزح النموذجية", "أكاديمية السراب للمعلمين"),
        summary="معلمة رياضيات بخبرة أربعة عشر عامًا في المرحلة الثانوية، منها ست سنوات منسقةً للمادة.",
        duties=(
            "رفع نسبة النجاح في امتحان الثانوية العامة من 81% إلى 96% خلال أربع دورات.",
            "إدخال برنامج GeoGebra في دروس الهندسة وتدريب الزملاء عليه في ٦ ورش.",
        ),
        skills=("بناء الاختبارات", "Excel", "التعليم المتمايز"),
        study=("جامعة الأفق المتخيَّل", "الرياضيات", "بكالوريوس"),
        speaks=(("العربية", "اللغة الأم"), ("الإنجليزية", "جيد جدًا")),
        terms=("دوام كامل", "رئيس قسم", "14,000–17,500 ريال"),
    ),
    Locale(
        language="he",
        place=("חיפה", "IL"),
        people=("נועה בן־דוד", "יוסף (Joe) כהן"),
        positions=("מהנדסת תוכנה", "ראש צוות"),
        employers=('ענן נייר בע"מ', "דמיון מערכות"),
        summary="מהנדסת תוכנה עם שבע שנות ניסיון במערכות מבוזרות.",
        duties=(
            "קיצור זמן הפריסה מ-90 דקות ל-12 דקות באמצעות GitHub Actions.",
            "הובלת המעבר לארכיטקטורת מיקרו־שירותים, ללא השבתה.",
        ),
        skills=("Kotlin", "ענן", "בדיקות"),
        study=("אוניברסיטת הדמיון", "מדעי המחשב", 'ב"א'),
        speaks=(("עברית", "שפת אם"), ("אנגלית", "רמה גבוהה")),
        terms=("משרה מלאה", "בכירה", "₪28,000"),
    ),
    Locale(
        language="hi",
        place=("जयपुर", "IN"),
        people=("क्षितिज श्रीवास्तव", "ऋषि", "டாக்டர் கற்பனை"),
        positions=("लेखाकार", "वित्त प्रबंधक – समूह रिपोर्टिंग"),
        employers=("मोर पंख इंजीनियरिंग प्रा. लि.", "काल्पनिक व्यापार मंडल"),
        summary="आठ वर्षों के अनुभव वाले लेखाकार; जीएसटी, आंतरिक लेखा परीक्षा और मासिक समापन में दक्ष।",
        duties=(
            "मासिक समापन की अवधि ग्यारह दिनों से घटाकर चार दिन की।",
            "₹2.3 करोड़ के लंबित इनपुट टैक्स क्रेडिट का मिलान कराया।",
        ),
        skills=("टैली", "जीएसटी", "Excel"),
        study=("स्वप्न विश्वविद्यालय", "वाणिज्य", "बी.कॉम"),
        speaks=(("हिन्दी", "मातृभाषा"), ("अंग्रेज़ी", "प्रवीण")),
        terms=("पूर्णकालिक", "प्रबंधक", "₹22–28 लाख"),
    ),
    Locale(
        language="ru",
        place=("Казань", "RU"),
        people=("Алёна Вымышленная", "Ёжи Ґонта", "Παναγιώτης Φανταστικός"),
        positions=("Главный бухгалтер", "Инженер-конструктор"),
        employers=("ООО «Воздушный замок»", "НПО «Мечта»"),
        summary="Двенадцать лет опыта; веду учёт трёх юридических лиц, люблю порядок в первичных документах.",
        duties=(
            "Сократила срок закрытия месяца с девяти до четырёх рабочих дней.",
            "Прошла две выездные проверки — без доначислений.",
        ),
        skills=("1С", "МСФО", "Налоги"),
        study=("Вымышленный университет", "Экономика", "Специалист"),
        speaks=(("Русский", "Родной"), ("Татарча", "свободно")),
        terms=("Полная занятость", "Ведущий", "от 180 000 ₽"),
    ),
    Locale(
        language="en",
        place=("Zürich 🏔️", "CH"),
        people=("Kim 🦊", "Zoë 👩🏽‍💻 Testwick", "Z̷a̵l̶g̴o̶ Doe"),
        positions=("🎨 Designer", "Community 🤝 Lead 🏳️‍🌈"),
        employers=("Studio ✨", "👾 Pixel & Co."),
        summary="I make things people ❤️ — 10 yrs of brand, motion & emoji 🚀🚀🚀.",
        duties=(
            "Grew the 💬 community from 3k to 41k members 📈 in 18 months.",
            "Designed a family of 240 icons 👨‍👩‍👧‍👦; used by 9 teams 🎉.",
        ),
        skills=("Figma", "🎬 motion", "ASCII art ¯\\_(ツ)_/¯"),
        study=("Académie des Étoiles ⭐", "Communication visuelle", "MA"),
        speaks=(("English", "💯"), ("Français", "B1")),
        terms=("80–100 %", "Lead 🧭", "CHF 110’000"),
    ),
)
