"""The words of the site's own pages and buttons, in both languages."""

WORDS = {
    "id": {
        "language": "Bahasa Indonesia", "site": "NLP Indonesia, langkah demi langkah", "lessons": "Pelajaran", "topics": "Topik",
        "glossary": "Glosarium", "results": "Hasil", "speed": "Kecepatan", "teach": "Untuk pengajar", "about": "Tentang",
        "home": "Beranda", "minutes": "{study} menit belajar", "level": "Tingkat", "run_here": "Jalankan sendiri:",
        "download": "Unduh notebook", "check": "Periksa", "choose": "Pilih satu jawaban dulu.", "right": "Benar.", "wrong": "Belum tepat.",
        "no_script": "Tanpa JavaScript jawaban tidak diperiksa; semua penjelasan tampil di bawah.", "question": "Soal {place} dari {of}",
        "term": "Istilah", "lesson": "Pelajaran", "in_english": "Inggris", "show": "Buka", "hide": "Tutup",
        "hidden_code": "kode yang dilipat", "all_topics": "Semua topik", "lessons_about": "Pelajaran tentang {topic}",
        "toggle_theme": "Ganti warna: terang, gelap, atau ikut sistem", "toggle_navigation": "Buka atau tutup daftar pelajaran",
        "toggle_contents": "Buka atau tutup isi halaman",
        "other_edition": "English edition", "comments": "Komentar",
        "search_help": "Tulis satu kata atau beberapa. Imbuhan tidak jadi soal: “pelatihan” juga menemukan “melatih” dan “dilatih”.",
    },
    "en": {
        "language": "English", "site": "Indonesian NLP, step by step", "lessons": "Lessons", "topics": "Topics",
        "glossary": "Glossary", "results": "Results", "speed": "Speed", "teach": "For lecturers", "about": "About",
        "home": "Home", "minutes": "{study} minutes of study", "level": "Level", "run_here": "Run it yourself:",
        "download": "Download the notebook", "check": "Check", "choose": "Choose an answer first.", "right": "Right.", "wrong": "Not quite.",
        "no_script": "Without JavaScript answers are not checked; every reason stands below.", "question": "Question {place} of {of}",
        "term": "Term", "lesson": "Lesson", "in_english": "English", "show": "Open", "hide": "Close",
        "hidden_code": "folded code", "all_topics": "All topics", "lessons_about": "Lessons on {topic}",
        "toggle_theme": "Toggle Light / Dark / Auto color theme", "toggle_navigation": "Toggle site navigation sidebar",
        "toggle_contents": "Toggle table of contents sidebar",
        "other_edition": "Edisi Indonesia", "comments": "Comments",
        "search_help": "Write a word or several. Endings do not matter: “training” also finds “train” and “trained”.",
    },
}  # fmt: skip
LANGUAGES = tuple(WORDS)


def other(language):
    """The language of the twin page.

    >>> other("id"), other("en")
    ('en', 'id')
    """
    return LANGUAGES[1 - LANGUAGES.index(language)]
