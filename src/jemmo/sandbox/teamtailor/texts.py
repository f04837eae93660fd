# ruff: noqa: ISC004 - people write dashes, and long texts span lines
"""Texts of the invented company: job titles, descriptions, pitches, letters, CV lines."""

TITLES_FR = (
    "Développeur·se Python confirmé·e",
    "Chargé·e de recrutement",
    "Infirmier·ère de nuit",
    "Comptable fournisseurs",
    "Chef·fe de projet data",
    "Conseiller·ère clientèle",
    "Technicien·ne de maintenance",
    "Juriste droit social",
    "Responsable logistique",
    "Alternance – Assistant·e marketing",
    "Stage : designer produit",
    "Boulanger·ère H/F",
)
TITLES_EN = (
    "Data engineer",
    "Senior backend developer",
    "People operations partner",
    "Product designer",
    "Warehouse team lead",
    "Customer success manager",
    "Site reliability engineer",
    "Finance controller",
    "Account executive (DACH)",
    "Summer internship – research",
    "Machine learning engineer",
    "Front desk & events",
)
BODIES_FR = (
    "<p>Nous cherchons une personne curieuse &amp; rigoureuse.</p><h2>Vos missions</h2><ul>"
    "<li>Piloter le quotidien de l&rsquo;équipe</li><li>Améliorer les procédures</li></ul>"
    "<h2>Profil</h2><ol><li>3 ans d&#39;expérience</li><li>Anglais B2</li></ol>",
    "<p>Rejoignez <strong>une équipe soudée</strong> !<br>Salaire : 38–45&nbsp;k€.</p>"
    "<p>Télétravail <em>2 jours</em> par semaine.</p><hr><p>À bientôt 👋</p>",
)
BODIES_EN = (
    "<p>Build pipelines people trust.</p><h2>What you&rsquo;ll do</h2><ul><li>Own ingestion "
    "&gt; 1 TB/day</li><li>Mentor two juniors</li></ul><h2>Requirements</h2><ul><li>Python, "
    "SQL</li><li>Clear writing</li></ul>",
    '<div class="lead"><p>We help cafés stay open.</p></div><table><tr><td>Pay</td><td>'
    '&pound;40&ndash;50k</td></tr></table><p><a href="https://careers.example.org/benefits">'
    "Benefits</a> &amp; more</p>",
)
PITCHES = (
    None,
    "",
    "Dix ans d'expérience dans la santé.",
    "I like small teams and big datasets.",
    "Disponible immédiatement, mobile sur toute la région.",
    None,
    None,
    "Looking for part-time work (3 days).",
    "Ancien militaire, reconverti dans la data 🚀",
    None,
    "Motivée, rigoureuse, bilingue",
    None,
    None,
    "",
    None,
    "See my portfolio: folio.example.net",
)
SITES = (
    (None, None),
    (None, None),
    ("boards.example.com", "https://boards.example.com/offre/12"),
    ("careers.example.org", "https://careers.example.org/jobs"),
    (None, None),
    ("linkedin.com", "https://www.linkedin.com/"),
    ("", ""),
    (None, None),
)
TAGS = (
    "[]",
    "[]",
    "[]",
    '["python"]',
    '["vivier"]',
    '["\\u00e0 rappeler","senior"]',
    "[]",
    '["salon-2025","alternance"]',
    "[]",
    '["Python","python "]',
    "[]",
    '["do not contact"]',
    "[]",
    '["silver medalist"]',
    "[]",
    "[]",
)
PROFILES = (
    None,
    None,
    None,
    None,
    None,
    None,
    None,
    "<div><h3>Experience</h3><p>Team lead &ndash; Example Ltd<br>2019&ndash;today</p></div>",
)
SUMMARIES = (None, "Profil confirmé, dix ans d'expérience.", "Backend engineer, strong in SQL.", "")
LETTERS = (
    None,
    "",
    None,
    "Madame, Monsieur,\n\nVotre offre correspond à mon parcours.\nCordialement",
    "Dear team,\nI would love to join you – see my CV attached.",
    None,
    None,
    "<p>Bonjour,</p><p>Je suis disponible dès lundi.</p>",
)
SKILLS = (
    "Python",
    "SQL",
    "gestion de planning",
    "Excel",
    "soins infirmiers",
    "négociation",
    "TypeScript",
    "recrutement",
    "CACES 3",
    "anglais C1",
    "Deutsch B2",
    "comptabilité",
)
EMPLOYERS = ("Atelier Exemple", "Example Ltd", "Clinique du Modèle", "Muster GmbH", "Fictive SAS")
FILE_NAMES = (
    "CV_{last}.pdf",
    "lettre de motivation.docx",
    "portfolio {first}.pdf",
    "diplôme.pdf",
    "references",
    "CV {first} {last} (2).docx",
    "certificate.PDF",
    "photo.png",
)
NOTES = (
    "Très bon échange au téléphone, rappeler en mars.",
    "Strong on SQL, junior on Python.",
    "Prétentions : 42 k€",
    "<p>Ne souhaite pas de déplacement.</p>",
    "Rappeler au +33 6 00 00 00 77 ou écrire à note@example.com.",
    '<p onclick="steal()">Vu <strong>en visio</strong></p><script>alert("note")</script>',
)
STAGE_NAMES = (
    ("Inbox", "Inbox"),
    ("Préqualification", "In process"),
    ("Phone screen", "In process"),
    ("Entretien RH", "In process"),
    ("Test technique ", "In process"),
    ("Offer", "In process"),
    ("Embauché·e", "Hired"),
)
REJECT_REASONS = (
    ("Profil trop junior", True),
    ("Not enough experience", True),
    ("Poste pourvu", True),
    ("Salary expectations", False),
    ("Candidat·e sans réponse", False),
    ("Accepted other offer", False),
    ("Duplicate application", True),
    ("Autre", True),
)
