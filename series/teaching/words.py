"""The words of guide, slides and handouts that no lesson says, in both languages."""

WORDS = {
    "id": {
        "guide": "Panduan pengajar", "contents": "Isi", "lesson": "Pelajaran", "section": "bagian", "sections": "bagian", "plans": "Rencana mengajar", "plan": "Rencana",
        "rule": "Dari mana menitnya", "time": "Menit", "what": "Isi", "sum": "Jumlah", "of": "dari", "day": "Hari", "minutes": "menit",
        "run_time": "Menjalankan", "study": "Belajar sendiri", "teach": "Mengajar", "goals": "Tujuan", "course": "Jalannya pelajaran",
        "room": "Untuk seisi kelas, dan jawaban yang diharapkan", "mistakes": "Kekeliruan yang sering muncul, dan apa yang dibaca peserta",
        "trouble": "Kalau macet", "see": "Yang terlihat", "say": "Yang bisa kamu katakan", "exercise": "Latihan", "quiz": "kuis", "quiz_of": "Kuis",
        "all": "semua bagian", "pause": "Jeda", "lunch": "Makan siang", "welcome": "Perkenalan; pastikan semua notebook berjalan",
        "exercises": "latihan", "learned": "Yang sudah dipelajari", "glossary": "Glosarium", "summaries": "Ringkasan satu halaman",
        "in_english": "Inggris", "terms": "Istilah baru", "guess": "Tebak dulu", "ask": "Untuk seisi kelas", "expected": "Jawaban yang diharapkan",
        "to_do": "Latihan di notebook", "notes": "Catatanku", "rerun": "jalankan lagi bagian",
        "low_high": "{low} sampai {high} menit: semua bagian, sampai dengan semua latihan dan kuis; jeda belum dihitung",
        "made": "Dibuat oleh {command} dari pelajaran, soal, dan kuis yang sama dengan yang dibaca peserta.",
        "rule_text": "Menit mengajar adalah **perkiraan dengan aturan**, belum pernah diukur di kelas: pembuka {start} menit per pelajaran dan hari, "
        "{section} menit per bagian (mengantar dan menebak, menjalankan dan membaca, satu pertanyaan ke seisi kelas), {exercise} menit per latihan "
        "yang dikerjakan di ruangan, {quiz} menit untuk kuis. Angka terkecil: semua bagian saja; terbesar: ditambah semua latihan dan kuis. "
        "Waktu menjalankan dan waktu belajar sendiri dikutip dari pelajarannya. Sesudah kelas pertamamu, ubah angka di `data/guide/minutes.toml`, "
        "lalu jalankan perintah ini lagi: semua waktu dan rencana ikut berubah.",
    },
    "en": {
        "guide": "Instructor guide", "contents": "Contents", "lesson": "Lesson", "section": "section", "sections": "sections", "plans": "Plans for a course", "plan": "Plan",
        "rule": "Where the minutes come from", "time": "Minutes", "what": "What", "sum": "Sum", "of": "of", "day": "Day", "minutes": "minutes",
        "run_time": "Running", "study": "Studying alone", "teach": "Teaching", "goals": "Goals", "course": "The course of it",
        "room": "Questions to the room, with expected answers", "mistakes": "Common mistakes, and what participants read",
        "trouble": "When it gets stuck", "see": "What you see", "say": "What you may say", "exercise": "Exercise", "quiz": "quiz", "quiz_of": "Quiz",
        "all": "all sections", "pause": "Pause", "lunch": "Lunch", "welcome": "Welcome; every notebook runs",
        "exercises": "exercises", "learned": "What you have learnt", "glossary": "Glossary", "summaries": "One-page summaries",
        "in_english": "English", "terms": "New terms", "guess": "Guess first", "ask": "Ask the room", "expected": "Expected answer",
        "to_do": "Exercises in the notebook", "notes": "My notes", "rerun": "run again section",
        "low_high": "{low} to {high} minutes: every section, up to all exercises and the quiz as well; pauses not counted",
        "made": "Made by {command} from the same lessons, exercises and quizzes that participants read.",
        "rule_text": "Minutes of teaching are an **estimate by rule**, not measured in a class yet: {start} minutes to begin a lesson on a day, "
        "{section} minutes a section (introduce and guess, run and read, one question to the room), {exercise} minutes an exercise that is done in "
        "the room, {quiz} minutes for the quiz. The smaller number is every section alone, the larger one adds all exercises and the quiz. "
        "Minutes of running and of studying alone are quoted from the lesson. After your first class change the numbers in "
        "`data/guide/minutes.toml`, then give this command again: all times and plans follow.",
    },
}  # fmt: skip
