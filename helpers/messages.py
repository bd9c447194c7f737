"""Everything a learner reads from the helpers, in Indonesian and in English."""

import argparse

LANGUAGES = ("id", "en")
_current = {"language": "id"}

MESSAGES = {
    # helpers.data
    "data.missing_file": {
        "id": "File {path} tidak ada. Periksa nama dan foldernya.",
        "en": "There is no file {path}. Check its name and its folder.",
    },
    "data.empty_file": {
        "id": "File {path} kosong. Setiap baris harus berisi satu teks dan satu label.",
        "en": "The file {path} is empty. Each row must hold one text and one label.",
    },
    "data.only_header": {
        "id": "File {path} hanya berisi baris judul, tanpa satu pun baris data.",
        "en": "The file {path} holds a header row and not one row of data.",
    },
    "data.not_utf8": {
        "id": "File {path}, baris {row}: byte {found} bukan UTF-8. Simpan ulang file itu dengan encoding UTF-8, lalu coba lagi.",
        "en": "File {path}, row {row}: the byte {found} is not UTF-8. Save the file again with the encoding UTF-8, then try again.",
    },
    "data.wrong_columns": {
        "id": "ada {found} kolom; seharusnya 2, teks dan label, dipisahkan satu TAB",
        "en": "columns found: {found}; expected: 2, text and label, with one TAB between them",
    },
    "data.blank_text": {
        "id": "teksnya kosong; isi teksnya atau hapus baris ini",
        "en": "the text is blank; fill it in or delete the row",
    },
    "data.missing_text": {
        "id": "teksnya tidak ada (None atau NaN); isi teksnya atau hapus baris ini, misalnya dengan table.dropna()",
        "en": "there is no text (None or NaN); fill it in or delete the row, with table.dropna() for instance",
    },
    "data.number_text": {
        "id": "isinya angka ({found}), bukan teks; tulis sebagai teks, misalnya dengan astype(str) atau, di Excel, format sel Teks",
        "en": "it holds a number ({found}), not a text; write it as text, with astype(str) for instance or, in Excel, the cell format Text",
    },
    "data.text_type": {
        "id": "isinya {type}, bukan teks (str); satu baris berisi satu teks",
        "en": "it holds a {type}, not a text (str); one row holds one text",
    },
    "data.invisible_text": {
        "id": "teksnya hanya berisi karakter yang tidak terlihat ({found}); isi teksnya atau hapus baris ini",
        "en": "the text holds only characters that nobody sees ({found}); fill it in or delete the row",
    },
    "data.half_character": {
        "id": "karakter ke-{position} ({found}) hanya separuh emoji dan tidak bisa ditulis sebagai UTF-8; ambil teks aslinya lagi, "
        'atau ganti dengan text.encode("utf-8", "replace").decode()',
        "en": "character {position} ({found}) is half an emoji, which UTF-8 cannot hold; fetch the text from its source again, "
        'or replace it with text.encode("utf-8", "replace").decode()',
    },
    "data.no_list_of_texts": {
        "id": 'Yang diharapkan daftar teks, misalnya list atau satu kolom tabel (table["text"]); yang diberikan: {found}.',
        "en": 'A list of texts is expected, or one column of a table (table["text"]); what was given is a {found}.',
    },
    "data.not_a_path": {
        "id": "Yang diharapkan nama file atau tabel pandas (DataFrame) berkolom text dan label; yang diberikan: {found}.",
        "en": "The name of a file is expected, or a table of pandas (DataFrame) with columns text and label; what was given is a {found}.",
    },
    "data.no_rows": {
        "id": "Data ini tidak punya satu baris pun. Periksa penyaring atau pembagian yang membuatnya.",
        "en": "These data have not one row. Check the filter or the split that made them.",
    },
    "data.missing_label": {
        "id": "labelnya tidak ada (None atau NaN); isi labelnya atau hapus baris ini, misalnya dengan table.dropna()",
        "en": "there is no label (None or NaN); fill it in or delete the row, with table.dropna() for instance",
    },
    "data.label_type": {
        "id": "label {found} bertipe {type}; satu baris berisi satu label, yaitu salah satu dari: {allowed}",
        "en": "the label {found} is a {type}; one row holds one label, which is one of: {allowed}",
    },
    "data.unknown_label": {
        "id": 'label "{found}" tidak dikenal; yang boleh: {allowed}',
        "en": 'the label "{found}" is unknown; allowed are: {allowed}',
    },
    "data.maybe_header": {
        "id": " (kalau ini baris judul, hapus: baris pertama sudah dibaca sebagai data)",
        "en": " (if this is a header row, delete it: the first row is read as data)",
    },
    "data.report_head": {
        "id": "File {path} belum bisa dipakai, ada {count} masalah:",
        "en": "The file {path} cannot be used yet; problems found: {count}",
    },
    "data.report_head_rows": {
        "id": "Data ini belum bisa dipakai, ada {count} masalah (baris dihitung dari 1):",
        "en": "These data cannot be used yet; problems found: {count} (rows are counted from 1)",
    },
    "data.report_row": {
        "id": "  baris {row}: {problem}",
        "en": "  row {row}: {problem}",
    },
    "data.report_more": {
        "id": "  … dan {count} lagi. Perbaiki yang di atas dulu; sering kali sebabnya sama.",
        "en": "  … and {count} more. Mend those above first; the cause is often the same.",
    },
    "data.bad_quotes": {
        "id": 'tanda kutipnya tidak tertutup dengan benar ({error}); tulis "" untuk tanda kutip di dalam teks',
        "en": 'its quotes do not close properly ({error}); write "" for a quote inside a text',
    },
    "data.read_as_cp1252": {
        "id": "Catatan: {path} bukan UTF-8 dan dibaca sebagai Windows-1252. Kalau ada huruf yang aneh, simpan ulang sebagai UTF-8.",
        "en": "Note: {path} is not UTF-8 and was read as Windows-1252. If letters look odd, save it again as UTF-8.",
    },
    "data.unknown_encoding": {
        "id": "Encoding file {path} tidak dikenali. Simpan ulang dengan encoding UTF-8, lalu coba lagi.",
        "en": "The encoding of the file {path} is not recognized. Save it again as UTF-8, then try again.",
    },
    "data.excel_library": {
        "id": "File Excel {path} butuh pustaka tambahan ({error}). Pasang dengan `pip install openpyxl`, atau simpan file itu sebagai CSV.",
        "en": "The Excel file {path} needs one more library ({error}). Run `pip install openpyxl`, or save the file as CSV.",
    },
    "data.excel_unreadable": {
        "id": "File Excel {path} tidak bisa dibaca ({error}). Buka dan simpan ulang file itu, atau simpan sebagai CSV.",
        "en": "The Excel file {path} cannot be read ({error}). Open it and save it again, or save it as CSV.",
    },
    "data.no_separator": {
        "id": "File {path} tampaknya hanya berisi satu kolom. Pisahkan teks dan label dengan TAB, koma, titik koma, atau |.",
        "en": "The file {path} seems to hold one column only. Put a TAB, comma, semicolon or | between text and label.",
    },
    "data.no_position": {
        "id": "File {path} tidak punya kolom nomor {position}: jumlah kolomnya {count}, nomornya dihitung dari 0.",
        "en": "The file {path} has no column number {position}: it has {count}, counted from 0.",
    },
    "data.no_column": {
        "id": 'File {path} tidak punya kolom "{column}". Kolom di baris pertama: {columns}. '
        "Sebutkan text_column dan label_column; kalau file ini tanpa baris judul, pakai posisinya (0, 1, …).",
        "en": 'The file {path} has no column "{column}". Columns in its first row: {columns}. '
        "Name text_column and label_column; if the file has no header row, give their positions (0, 1, …).",
    },
    "data.column_twice": {
        "id": 'Nama kolom "{column}" muncul lebih dari sekali di {path} (kolom: {columns}). Pakai posisinya (0, 1, …) dan header=True.',
        "en": 'The column name "{column}" stands more than once in {path} (columns: {columns}). Give positions (0, 1, …) and header=True.',
    },
    "data.ragged_row": {
        "id": "ada {found} kolom, padahal baris pertama punya {allowed}; beri tanda kutip pada teks yang memuat pemisah kolom",
        "en": "columns found: {found}, and {allowed} in the first row; put quotes around texts that hold the separator",
    },
    "data.label_count": {
        "id": 'Banyaknya label berbeda di kolom "{column}" dari {path}: {count}, untuk {rows} baris. Klasifikasi butuh paling sedikit 2 label, '
        "dan jauh lebih sedikit daripada barisnya. Benarkah itu kolom labelnya?",
        "en": 'Number of different labels in the column "{column}" of {path}: {count}, in {rows} rows. Classification needs at least 2 labels, '
        "and far fewer than rows. Is it really the label column?",
    },
    "data.no_table_column": {
        "id": "Tabel ini tidak punya kolom {missing}; kolomnya: {columns}. Ganti nama kolomnya, misalnya dengan table.rename(columns=…).",
        "en": "The table has no column {missing}; its columns are: {columns}. Rename them, for instance with table.rename(columns=…).",
    },
    "data.table_column_twice": {
        "id": 'Kolom "{column}" muncul lebih dari sekali di tabel ini (kolom: {columns}). Sisakan satu, misalnya dengan table.iloc[:, [0, 2]].',
        "en": 'The column "{column}" stands more than once in the table (columns: {columns}). Keep one, with table.iloc[:, [0, 2]] for instance.',
    },
    "data.label_map_type": {
        "id": 'Peta label harus dict seperti {{"negatif": 0, "positif": 1}}; yang diberikan: {found}. Set tidak punya urutan.',
        "en": 'A label map must be a dict such as {{"negatif": 0, "positif": 1}}; what was given is a {found}. A set has no order.',
    },
    "data.label_indices": {
        "id": "Peta label {found} tidak bisa dipakai: indeksnya harus 0 sampai {last}, masing-masing satu kali, dan setiap label bernama lain. "
        "Untuk read_sentiment_file lebih mudah: labels=[…], daftar label.",
        "en": "The label map {found} cannot be used: its indices must be 0 to {last}, each of them once, and each label must have a name of its own. "
        "Simpler for read_sentiment_file: labels=[…], a list of labels.",
    },
    "data.other_label_map": {
        "id": "Angka label di tabel ini mengikuti peta {own}, tetapi yang diberikan peta {given}: angka yang sama akan berarti label lain. "
        "Beri peta milik tabel itu (DocumentSentimentDataset(table, tokenizer, label2index)), "
        "dan baca file berikutnya dengan peta yang sama: read_sentiment_file(path, labels=label2index).",
        "en": "The numbers in this table's label column follow the map {own}, but the map given is {given}: one number would mean two labels. "
        "Give the table's own map (DocumentSentimentDataset(table, tokenizer, label2index)), "
        "and read the next file with the same map: read_sentiment_file(path, labels=label2index).",
    },
    "data.name_or_index": {
        "id": "Label di tabel ini berupa angka, dan nama label di peta {given} juga angka: nama atau indekskah itu? "
        'Kalau nama, jadikan teks: table["label"].astype(str). Kalau indeks, catat petanya: table.attrs["label2index"] = label2index.',
        "en": "The labels of this table are numbers, and so are the names in the map {given}: are they names or indices? "
        'If names, make text of them: table["label"].astype(str). If indices, note their map: table.attrs["label2index"] = label2index.',
    },
    "data.reserved_label": {
        "id": 'Label "{found}" di {path} sama dengan nama kolom di tabel tebakan ({reserved}). Ganti nama label itu.',
        "en": 'The label "{found}" in {path} has the name of a column in the table of predictions ({reserved}). Rename it.',
    },
    "data.tab_quoting": {
        "id": "Di {path}, {closed} kolom diapit tanda kutip seperti tulisan Excel atau pandas, tetapi di {lone} kolom lain tanda kutip berdiri "
        "sendiri (pertama di baris {line}). Katakan yang mana: quoting=True (tanda kutip bagian dari format) atau quoting=False "
        "(tanda kutip bagian dari teks).",
        "en": "In {path} {closed} fields stand in quotes as Excel and pandas write them, but in {lone} others a quote stands alone "
        "(the first in row {line}). Say which holds: quoting=True (quotes belong to the format) or quoting=False "
        "(quotes belong to the text).",
    },
    "data.two_separators": {
        "id": "Pemisah kolom di {path} tidak bisa dipastikan; sama-sama mungkin: {ways}. Sebutkan separator=… .",
        "en": "It cannot be told what separates the columns of {path}; these are as likely as each other: {ways}. Name separator=… .",
    },
    "data.bad_separator": {
        "id": 'separator={found} tidak bisa dipakai; beri satu karakter, misalnya ",", ";", "|", atau "\\t".',
        "en": 'separator={found} cannot be used; give one character, such as ",", ";", "|" or "\\t".',
    },
    "data.excel_error": {
        "id": "selnya berisi galat Excel (seperti #N/A atau #NAME?); perbaiki rumusnya, isi selnya, atau hapus baris ini",
        "en": "the cell holds an error of Excel (such as #N/A or #NAME?); mend its formula, fill it in, or delete the row",
    },
    "data.excel_date": {
        "id": "selnya dibaca Excel sebagai tanggal atau waktu ({found}); beri format sel Teks, lalu tulis lagi isinya",
        "en": "Excel takes the cell for a date or a time ({found}); choose the cell format Text, then write its content again",
    },
    "data.ragged_among_rows": {
        "id": "ada {found} kolom, padahal kebanyakan baris punya {allowed}; beri tanda kutip pada teks yang memuat pemisah kolom",
        "en": "columns found: {found}, and {allowed} in most rows; put quotes around texts that hold the separator",
    },
    "data.names_without_header": {
        "id": "header=False berarti {path} tidak punya baris judul, jadi kolomnya tidak bisa dicari dengan nama. Pakai posisinya (0, 1, …).",
        "en": "header=False says that {path} has no header row, so its columns cannot be found by name. Give their positions (0, 1, …).",
    },
    "data.column_type": {
        "id": "Kolom {path} disebut dengan namanya (str) atau posisinya (int, dari 0), bukan {found}.",
        "en": "A column of {path} is given by its name (str) or its position (int, from 0), not by {found}.",
    },
    "data.same_column": {
        "id": 'text_column dan label_column menunjuk kolom yang sama di {path} ("{column}"). Pilih dua kolom yang berbeda.',
        "en": 'text_column and label_column are the same column of {path} ("{column}"). Choose two different ones.',
    },
    "data.labels_without_order": {
        "id": 'labels harus daftar yang punya urutan, misalnya ["negatif", "positif"]; yang diberikan: {found}. Untuk set: sorted(…).',
        "en": 'labels must be a list, which has an order, such as ["negatif", "positif"]; what was given is a {found}. For a set: sorted(…).',
    },
    "data.labels_missing": {
        "id": "labels={found} tidak bisa dipakai: isi dengan nama semua label, tanpa None atau NaN.",
        "en": "labels={found} cannot be used: it must hold the names of all labels, and neither None nor NaN.",
    },
    "data.label_variants": {
        "id": 'Di {path}, beberapa label di kolom "{column}" hanya berbeda huruf besar, spasi, tanda kutip, atau cara menulis angka: {groups}. '
        "Kalau artinya sama, seragamkan dulu isi kolom itu. Kalau memang label yang berbeda, sebutkan semuanya: labels=[…].",
        "en": 'In {path} some labels of the column "{column}" differ only in capitals, spaces, quotes or the way to write a number: {groups}. '
        "If they mean the same, write them in one way first. If they are different labels, name all of them: labels=[…].",
    },
    "data.quoted_label": {
        "id": 'Label {found} di kolom {column} dari {path} masih memuat tanda kutip. Hapus tanda kutip itu, atau pakai " di kedua sisi kolom. '
        "Kalau memang bagian dari label, sebutkan labels=[…].",
        "en": 'The label {found} in the column {column} of {path} still has quotes. Delete them, or put " on both sides of the field. '
        "If they belong to the label, give labels=[…].",
    },
    "data.long_label": {
        "id": 'Kolom "{column}" di {path} berisi label sepanjang {count} karakter: "{found}…". Benarkah itu kolom labelnya, bukan kolom teks? '
        "Kalau benar, sebutkan labels=[…].",
        "en": 'The column "{column}" of {path} holds a label of {count} characters: "{found}…". Is it really the label column, and not the text? '
        "If it is, give labels=[…].",
    },
    # helpers.batching
    "batching.number": {
        "id": "{name} harus bilangan bulat (int), paling sedikit {least}; yang diberikan: {found}.",
        "en": "{name} must be a whole number (int), {least} at least; what was given is {found}.",
    },
    "batching.no_dataset": {
        "id": "Loader ini butuh DocumentSentimentDataset; {found} tidak punya {missing}. Kalau datanya mau dibagi, bagi dulu tabelnya "
        "(misalnya table.sample(frac=0.8)), lalu buat satu dataset dari setiap bagian.",
        "en": "This loader needs a DocumentSentimentDataset; a {found} has no {missing}. To split data, split the table first "
        "(with table.sample(frac=0.8), say), then make a dataset of each part.",
    },
    "batching.other_tokenizer": {
        "id": "Dataset yang digabung memakai tokenizer yang berbeda. Buat semuanya dengan tokenizer yang sama.",
        "en": "The datasets that are joined use different tokenizers. Make all of them with the same one.",
    },
    # helpers.model
    "model.no_checkpoint": {
        "id": "Di folder {path} tidak ada config.json, jadi itu bukan checkpoint. Periksa INDOBERT_CHECKPOINT atau preset yang kamu pakai.",
        "en": "The folder {path} has no config.json, so it is not a checkpoint. Check INDOBERT_CHECKPOINT or the preset that you use.",
    },
    "model.broken_vocabulary": {
        "id": "Tokenizer di {path} rusak: hanya {size} entri, dan kata-kata biasa menjadi [UNK]. "
        "Pastikan vocab.txt atau tokenizer.json ada di folder itu dan lengkap.",
        "en": "The tokenizer in {path} is broken: {size} entries only, and everyday words become [UNK]. "
        "Make sure that vocab.txt or tokenizer.json is in that folder and complete.",
    },
    "model.keeps_capitals": {
        "id": "Tokenizer di {path} tidak mengecilkan huruf, padahal kosakatanya hanya huruf kecil: setiap kata dengan huruf besar menjadi [UNK]. "
        'Tulis "do_lower_case": true di tokenizer_config.json, atau perbaiki normalizer di tokenizer.json (lowercase: true).',
        "en": "The tokenizer in {path} does not lower capitals, but its vocabulary is all in lower case: every word with a capital becomes [UNK]. "
        'Write "do_lower_case": true into tokenizer_config.json, or mend the normalizer in tokenizer.json (lowercase: true).',
    },
    "model.unreadable_tokenizer": {
        "id": "Tokenizer di {path} tidak bisa dibaca ({error}). Pastikan vocab.txt atau tokenizer.json ada di folder itu dan lengkap.",
        "en": "The tokenizer in {path} cannot be read ({error}). Make sure that vocab.txt or tokenizer.json is in that folder and complete.",
    },
    "model.one_mask": {
        "id": 'Kalimat harus memuat {mask} tepat satu kali, sebagai ganti kata yang ditebak; kalimatmu: "{sentence}".',
        "en": 'The sentence must hold {mask} once, in place of the word to guess; yours is: "{sentence}".',
    },
    "model.adapter": {
        "id": "Folder {path} berisi adapter (LoRA), bukan model utuh. Gabungkan dulu dengan model dasarnya (PEFT: model.merge_and_unload()), "
        "simpan model utuh itu, lalu muat foldernya.",
        "en": "The folder {path} holds an adapter (LoRA), not a whole model. Merge it into its base model first (PEFT: "
        "model.merge_and_unload()), save that whole model, and load its folder.",
    },
    "model.unreadable_config": {
        "id": "config.json di {path} tidak bisa dibaca ({error}). Ambil lagi checkpoint itu, atau simpan ulang modelnya.",
        "en": "The config.json in {path} cannot be read ({error}). Fetch that checkpoint again, or save the model anew.",
    },
    "model.unreadable_weights": {
        "id": "Bobot di {path} tidak bisa dibaca ({error}). Filenya rusak atau terpotong; salin atau unduh lagi.",
        "en": "The weights in {path} cannot be read ({error}). The file is damaged or cut short; copy or download it again.",
    },
    "model.no_weights": {
        "id": "Folder {path} punya config.json tetapi tidak punya bobot. Salah satu dari file ini harus ada: {names}.",
        "en": "The folder {path} has a config.json but no weights. One of these files must be there: {names}.",
    },
    "model.other_task": {
        "id": "Model di {path} dilatih untuk tugas lain ({task}); kepalanya tidak bisa memilih satu label untuk satu teks. "
        "Pakai checkpoint pre-training atau model klasifikasi teks.",
        "en": "The model in {path} was trained for another task ({task}); its head cannot choose one label for a text. "
        "Use a pre-trained checkpoint, or a model that classifies texts.",
    },
    "model.reserved_label": {
        "id": 'Label "{found}" sama dengan nama kolom di tabel tebakan ({reserved}). Ganti nama label itu.',
        "en": 'The label "{found}" has the name of a column in the table of predictions ({reserved}). Rename it.',
    },
    "model.one_label": {
        "id": "Peta label {found} hanya punya satu label. Klasifikasi butuh paling sedikit dua.",
        "en": "The label map {found} has one label only. Classification needs at least two.",
    },
    "model.head_size": {
        "id": "Folder {path} tidak konsisten: config.json menyebut {labels} label, head yang tersimpan punya {size}. "
        "Beri label2index dengan {size} label, dalam urutan yang dipakai waktu melatih.",
        "en": "The folder {path} contradicts itself: its config.json names {labels} labels, its head tells {size} apart. "
        "Give a label2index of {size} labels, in the order used for training.",
    },
    "model.other_labels": {
        "id": "Model di {path} sudah dilatih untuk {size} label: {own}. label2index yang kamu beri ({count} label: {given}) lain, sehingga "
        "tebakannya akan salah nama. Muat tanpa label2index; untuk label lain, latih dari checkpoint pre-training.",
        "en": "The model in {path} was fine-tuned for {size} labels: {own}. The label2index that you give ({count} labels: {given}) differs, "
        "so its guesses would get wrong names. Load it without label2index; for other labels, train from a pre-trained checkpoint.",
    },
    "model.random_body": {
        "id": "{count} bobot di {path} hilang atau tidak dikenal model ini (misalnya {names}), sehingga sebagian model akan berisi angka acak. "
        "Biasanya model itu disimpan dengan lapisan LoRA, terkuantisasi, atau dari arsitektur lain. Gabungkan LoRA-nya, lalu simpan model biasa "
        "dengan save_model.",
        "en": "Weights in {path} are missing or unknown to this model: {count} (for instance {names}), so a part of it would be random. "
        "Most often such a model was saved with LoRA layers, quantized, or from another architecture. Merge the LoRA layers, then save the "
        "plain model with save_model.",
    },
    "model.new_pooler": {
        "id": "Catatan: {path} tidak berisi pooler (hanya dilatih menebak kata). Pooler dan head mulai dari angka acak dan dilatih bersama.",
        "en": "Note: {path} has no pooler (it was trained to guess words only). Pooler and head start at random and are trained together.",
    },
    "model.no_word_head": {
        "id": "Model di {path} tidak punya bagian yang menebak kata ({names} tidak ada); tebakannya akan acak. Pakai checkpoint pre-training.",
        "en": "The model in {path} has no part that guesses words (no {names}); its guesses would be random. Use a pre-trained checkpoint.",
    },
    "model.mean_loss": {
        "id": "forward_sequence_classification selalu memberi loss rata-rata; hapus reduction, size_average, dan reduce.",
        "en": "forward_sequence_classification always gives the mean loss; leave out reduction, size_average and reduce.",
    },
    "model.class_weights": {
        "id": "weight harus berisi satu bilangan mulai dari 0 untuk setiap label, jadi {count} bilangan; yang diberikan: {found}.",
        "en": "weight must hold one number from 0 upwards for each label, so {count} numbers; given: {found}.",
    },
    # helpers.fit
    "fit.broken_labels": {
        "id": "Peta label di config model ini tidak bisa dipakai: id2label {id2label}, label2id {label2id}. Indeksnya harus 0, 1, 2, …, "
        "setiap label satu kali, dan keduanya harus sama. Samakan keduanya di model.config atau di config.json.",
        "en": "The label map in this model's config cannot be used: id2label {id2label}, label2id {label2id}. Its indices must be 0, 1, 2, …, "
        "each label once, and both must say the same. Make both agree in model.config, or in config.json.",
    },
    "fit.no_padding": {
        "id": "Tokenizer ini tidak punya token [PAD], jadi beberapa teks tidak bisa dijadikan satu batch. Pakai tokenizer dari folder model itu.",
        "en": "This tokenizer has no [PAD] token, so texts cannot share a batch. Use the tokenizer from the model's own folder.",
    },
    "fit.small_embedding": {
        "id": "Tokenizer dan model tidak cocok: tokenizer punya {entries} entri, tabel embedding model hanya {rows} baris. Pakai tokenizer dari "
        "folder model itu. Kalau kamu menambah token, panggil model.resize_token_embeddings(len(tokenizer)) sebelum melatih.",
        "en": "Tokenizer and model do not fit: the tokenizer has {entries} entries, the model's embedding only {rows} rows. Use the tokenizer "
        "from the model's own folder. If you added tokens, call model.resize_token_embeddings(len(tokenizer)) before you train.",
    },
    "fit.few_positions": {
        "id": "Baris terpanjang berisi {longest} subword, padahal model ini hanya punya {positions} posisi. Beri loader max_seq_len={positions}.",
        "en": "The longest row holds {longest} subwords, and the model has only {positions} positions. Give the loader max_seq_len={positions}.",
    },
    # helpers.training
    "training.bar": {"id": "epoch {epoch}", "en": "epoch {epoch}"},
    "training.epoch": {
        "id": "epoch {epoch}: loss latih {train_loss:.3f}, loss validasi {valid_loss:.3f}, {criterion} validasi {score:.3f}",
        "en": "epoch {epoch}: training loss {train_loss:.3f}, validation loss {valid_loss:.3f}, validation {criterion} {score:.3f}",
    },
    "training.resumed": {
        "id": "Melanjutkan pelatihan yang terputus: epoch {epoch}, setelah batch {batch}.",
        "en": "Going on with the interrupted training: epoch {epoch}, after batch {batch}.",
    },
    "training.interrupted": {
        "id": "Pelatihan dihentikan. Model sekarang memegang bobot terbaik sampai saat ini, dan bisa langsung dipakai.",
        "en": "Training was stopped. The model holds the best weights so far, and can be used as it is.",
    },
    "training.interrupted_early": {
        "id": "Pelatihan dihentikan sebelum evaluasi pertama. Model memegang bobot terakhir; belum ada yang bisa disebut terbaik.",
        "en": "Training was stopped before the first evaluation. The model holds its latest weights; none can be called best yet.",
    },
    "training.loss_not_finite": {
        "id": "Loss menjadi {loss} di langkah {step} (learning rate {learning_rate}). Coba learning rate sepersepuluhnya, "
        "periksa max_norm, dan pastikan teks serta label di batch itu benar. Muat ulang model sebelum mencoba lagi.",
        "en": "The loss became {loss} at step {step} (learning rate {learning_rate}). Try a tenth of that learning rate, "
        "check max_norm, and make sure that the batch's texts and labels are right. Load the model anew before you try again.",
    },
    "training.gradient_not_finite": {
        "id": "Panjang gradien menjadi {norm} di langkah {step}, padahal loss-nya {loss:.4g} (learning rate {learning_rate}). Biasanya karena akar, "
        "logaritma, atau pembagian dengan nol di loss; periksa forward_fn, atau coba learning rate sepersepuluhnya. Muat ulang model sebelum mencoba lagi.",
        "en": "The gradient's length became {norm} at step {step}, with a loss of {loss:.4g} (learning rate {learning_rate}). The usual cause is a root, "
        "a logarithm or a division by zero in the loss; check forward_fn, or try a tenth of that rate. Load the model anew before you try again.",
    },
    "training.step_not_finite": {
        "id": "Loss {loss}, panjang gradien {norm}: salah satunya bukan angka berhingga, jadi langkah ini tidak diambil. Coba learning rate yang lebih kecil, "
        "dan periksa loss serta teks di batch itu.",
        "en": "Loss {loss}, length of the gradient {norm}: one of them is not a finite number, so the step is not taken. Try a smaller learning rate, "
        "and check the loss and the texts of that batch.",
    },
    "training.scale_too_small": {
        "id": "Sampai langkah {step} hampir semua gradien float16 bukan angka berhingga, jadi bobotnya tidak berubah lagi. "
        "Coba learning rate sepersepuluhnya, periksa loss-nya, lalu muat ulang model.",
        "en": "Up to step {step} nearly no float16 gradient was finite, so the weights no longer change. "
        "Try a tenth of the learning rate, check the loss, and load the model anew.",
    },
    "training.none_is_best": {
        "id": "{criterion} adalah NaN di setiap evaluasi, jadi tidak ada bobot yang bisa disebut terbaik. Model memegang bobot terakhir dan tidak disimpan; "
        "periksa metrics_fn.",
        "en": "{criterion} was NaN in every evaluation, so no weights can be called best. The model holds its latest ones and is not saved; "
        "check metrics_fn.",
    },
    "training.refused": {
        "id": "Pelatihan atau evaluasi ini belum bisa dimulai, ada {count} masalah:",
        "en": "This training or evaluation cannot begin yet; problems found: {count}",
    },
    "training.kind": {
        "id": "{name} adalah {found}; seharusnya {allowed}. Periksa urutan argumennya.",
        "en": "{name} is of the kind {found}; expected: {allowed}. Check the order of the arguments.",
    },
    "training.number": {
        "id": "{name} adalah {found}; seharusnya {allowed}",
        "en": "{name} is {found}; expected: {allowed}",
    },
    "training.from_1": {"id": "bilangan bulat, paling sedikit 1", "en": "a whole number, 1 or more"},
    "training.from_0": {"id": "bilangan bulat, paling sedikit 0", "en": "a whole number, 0 or more"},
    "training.above_0": {"id": "angka lebih dari 0", "en": "a number above 0"},
    "training.above_0_to_1": {"id": "angka lebih dari 0 dan paling banyak 1", "en": "a number above 0 and at most 1"},
    "training.from_0_to_1": {"id": "angka dari 0 sampai 1", "en": "a number from 0 to 1"},
    "training.no_rows": {
        "id": "{name} tidak memberi satu batch pun (barisnya {rows}), jadi tidak ada yang bisa dilatih atau dinilai. "
        "Periksa filter pada tabelmu, batch_size, dan drop_last.",
        "en": "{name} gives not one batch (its rows: {rows}), so there is nothing to train on or to score. "
        "Check the filter on your table, batch_size and drop_last.",
    },
    "training.rows_left_out": {
        "id": "{name} membuang {count} baris terakhir (drop_last=True), jadi baris itu tidak pernah dinilai. Pakai drop_last=False.",
        "en": "{name} leaves out rows at its end (drop_last=True), which are never scored; here: {count}. Use drop_last=False.",
    },
    "training.half_precision": {
        "id": "bobot modelnya {found}, terlalu kasar untuk dilatih; pakai float32 dengan model.float(), lalu buat lagi optimizernya "
        "(perkalian yang cepat sudah diurus autocast)",
        "en": "the model's weights are {found}, too coarse to be trained; use float32 by model.float(), then make the optimizer again "
        "(autocast sees to fast products)",
    },
    "training.all_frozen": {
        "id": "semua bobot model dibekukan (requires_grad=False), jadi tidak ada yang bisa dilatih",
        "en": "all weights of the model are frozen (requires_grad=False), so there is nothing to train",
    },
    "training.optimizer_of_another_model": {
        "id": "optimizernya milik model lain, jadi model ini tidak akan berubah; buat lagi dengan make_optimizer(model, learning_rate)",
        "en": "the optimizer belongs to another model, so this one would not change; make it again by make_optimizer(model, learning_rate)",
    },
    "training.no_head": {
        "id": "head_learning_rate {rate} diberikan, tetapi model ini tidak punya lapisan bernama classifier; hapus argumen itu, atau beri nama classifier pada head-nya",
        "en": "head_learning_rate {rate} was given, but this model has no layer named classifier; leave the argument out, or name the head classifier",
    },
    "training.optimizer_of_more": {
        "id": "optimizernya memegang {count} parameter yang bukan milik model ini; buat lagi dengan make_optimizer(model, learning_rate)",
        "en": "the optimizer holds {count} parameters that are not this model's; make it again by make_optimizer(model, learning_rate)",
    },
    "training.optimizer_of_less": {
        "id": "optimizernya tidak memegang {count} parameter yang seharusnya dilatih ({names}); bekukan dengan requires_grad_(False), "
        "atau buat lagi optimizernya",
        "en": "the optimizer lacks {count} of the parameters to be trained ({names}); freeze them by requires_grad_(False), "
        "or make the optimizer again",
    },
    "training.wrong_i2w": {
        "id": "i2w harus memberi nama berbeda kepada setiap kelas dari {count} kelas model, {{0: nama, 1: nama, …}}; yang diterima: {found}",
        "en": "i2w must give each of the model's {count} classes a name of its own, {{0: name, 1: name, …}}; found: {found}",
    },
    "training.turned_i2w": {
        "id": " (ini kebalikannya: beri INDEX2LABEL, bukan LABEL2INDEX)",
        "en": " (this is the other way round: give INDEX2LABEL, not LABEL2INDEX)",
    },
    "training.other_labels": {
        "id": "peta label {owner} adalah {found}, sedangkan i2w berarti {named}; pakai satu peta untuk data, model, dan i2w",
        "en": "the label map of {owner} is {found}, while i2w means {named}; use one map for data, model and i2w",
    },
    "training.label_outside": {
        "id": "{name}: {count} label tidak dikenal model, yang pertama {found} di baris {row}; indeksnya harus 0 sampai {last}",
        "en": "{name}: labels that the model does not know: {count}; the first is {found} in row {row}; indices must be 0 to {last}",
    },
    "training.metrics_fail": {
        "id": "metrics_fn gagal saat dicoba dengan label data validasi ({error})",
        "en": "metrics_fn fails when it is tried on the labels of the validation data ({error})",
    },
    "training.metrics_no_numbers": {
        "id": "metrics_fn harus mengembalikan dict berisi angka, bukan {found}",
        "en": "metrics_fn must return a dict of numbers, not {found}",
    },
    "training.metric_name": {
        "id": "metrics_fn memakai nama kolom riwayat ({found}); ganti namanya, sebab {taken} sudah terpakai",
        "en": "metrics_fn uses names of the history's own columns ({found}); rename them, as {taken} are taken",
    },
    "training.unknown_criterion": {
        "id": 'valid_criterion "{found}" tidak ada di antara metriknya. Pilihannya: {allowed}.',
        "en": 'valid_criterion "{found}" is not among the metrics. Choose one of: {allowed}.',
    },
    "training.not_plain": {
        "id": "Bobot model ini bukan bobot {name} biasa, berbeda di {count} tempat ({names}), jadi from_pretrained tidak akan membacanya dengan benar. "
        "LoRA: gabungkan dulu (bobot + B @ A) dan pasang lagi Linear biasa. Head atau lapisan buatan sendiri: simpan torch.save(model.state_dict(), …).",
        "en": "This model's weights are not those of a plain {name}, other in {count} places ({names}), so from_pretrained would not read them rightly. "
        "LoRA: merge first (weight + B @ A) and put the plain Linear back. A head or layers of your own: torch.save(model.state_dict(), …).",
    },
    "training.quantized": {
        "id": "{name} ini sudah dikuantisasi (int8), jadi from_pretrained tidak bisa membacanya. Simpan model float32-nya, atau pakai "
        "torch.save(model.state_dict(), …).",
        "en": "This {name} has been quantized (int8), so from_pretrained cannot read it. Save the float32 model, or use "
        "torch.save(model.state_dict(), …).",
    },
    "training.not_saveable": {
        "id": "{name} bukan model Transformers biasa, jadi tidak bisa disimpan untuk from_pretrained. Simpan model di dalamnya, atau pakai "
        "torch.save(model.state_dict(), …) tanpa model_dir.",
        "en": "{name} is not a plain model of Transformers, so it cannot be saved for from_pretrained. Save the model inside it, or use "
        "torch.save(model.state_dict(), …) without model_dir.",
    },
    "training.no_tokenizer": {
        "id": "Catatan: folder {folder} tidak berisi tokenizer. Simpan juga dengan tokenizer.save_pretrained, sebab tanpa itu modelnya tidak bisa dipakai.",
        "en": "Note: the folder {folder} holds no tokenizer. Save it too by tokenizer.save_pretrained: without it the model cannot be used.",
    },
    "training.same_rows": {
        "id": "Catatan: data latih dan data validasi sama, jadi nilai validasinya hanya menunjukkan seberapa baik model menghafal.",
        "en": "Note: training and validation data are the same, so the validation score only says how well the model memorizes.",
    },
    "files.cannot_write": {
        "id": "Tidak bisa menulis {path}: {error}. File lama tetap utuh. Sediakan ruang di disk atau pilih model_dir lain, lalu lanjutkan dengan resume=True.",
        "en": "Cannot write {path}: {error}. The old file is whole. Free some disk space or choose another model_dir, then go on with resume=True.",
    },
    "training.damaged_checkpoint": {
        "id": "Checkpoint {path} rusak dan dilewati; yang sebelumnya dipakai kalau ada.",
        "en": "The checkpoint {path} is damaged and passed over; the one before it is used if there is one.",
    },
    "training.no_good_checkpoint": {
        "id": "Tidak ada checkpoint yang utuh di {folder}. Hapus folder itu dan mulai lagi tanpa resume=True.",
        "en": "There is no whole checkpoint in {folder}. Delete that folder and start again without resume=True.",
    },
    "training.other_run": {
        "id": "Checkpoint di {folder} berasal dari pelatihan dengan pengaturan atau data lain. Yang berbeda: {what}. "
        "Pakai pengaturan dan data yang sama, ganti exp_id, atau mulai lagi tanpa resume=True.",
        "en": "The checkpoint in {folder} comes from a run with other settings or data. What differs: {what}. "
        "Use the same settings and data, choose another exp_id, or start again without resume=True.",
    },
    "training.differs_all": {"id": "semuanya; ini bukan checkpoint dari train", "en": "all of it; this is no checkpoint of train's"},
    "training.differs_texts": {"id": "isi teks", "en": "the texts"},
    "training.differs_labels": {"id": "label pada baris-barisnya", "en": "the labels of the rows"},
    "training.differs_order": {"id": "cara mengurutkan baris", "en": "how rows are ordered"},
    "training.differs_model": {
        "id": "bentuk model, bagian yang dibekukan, atau dropout",
        "en": "the model's shape, its frozen parts or dropout",
    },
    "training.differs_weights": {
        "id": "bobot awal model (muat ulang model dan optimizer, lalu lanjutkan)",
        "en": "the weights at the start (load the model anew, make its optimizer, then resume)",
    },
    "training.differs_optimizer": {"id": "jenis atau pilihan optimizer", "en": "the optimizer's kind or options"},
    "training.differs_loss_options": {"id": "pilihan loss di forward_fn", "en": "the loss options of forward_fn"},
    "training.already_finished": {
        "id": "Pelatihan di {folder} sudah selesai (epoch {epoch} dari {n_epochs}); tidak ada yang dilatih lagi, hasilnya dibaca dari sana.",
        "en": "The training in {folder} is finished (epoch {epoch} of {n_epochs}); nothing is trained again, its result is read from there.",
    },
    # helpers.bugs
    "symptoms.healthy": {"id": "sehat", "en": "healthy"},
    "symptoms.first": {"id": "loss awal", "en": "first loss"},
    "symptoms.last": {"id": "loss akhir", "en": "last loss"},
    "symptoms.gradient": {"id": "gradien akhir", "en": "last gradient"},
    "symptoms.twice": {"id": "batch sama, dua kali", "en": "same batch, twice"},
    "symptoms.neighbours": {"id": "teks sama, tetangga lain", "en": "same text, other neighbours"},
    "symptoms.learnt": {"id": "baris hafalan", "en": "rows learnt"},
    "symptoms.report": {"id": "baris laporan", "en": "rows reported"},
    "symptoms.fresh": {"id": "baris baru", "en": "fresh rows"},
    # helpers.script
    "script.description": {
        "id": "Pelajaran 4 sebagai skrip: melatih model sentimen, dalam satu proses atau beberapa (torchrun, accelerate launch).",
        "en": "Lesson 4 as a script: trains the sentiment model, in one process or several (torchrun, accelerate launch).",
    },
    "script.help_preset": {"id": "mini, laptop, atau full (default: mini)", "en": "mini, laptop or full (default: mini)"},
    "messages.help_language": {"id": "bahasa pesan (default: id)", "en": "language of messages (default: id)"},
    "script.help_resume": {
        "id": "lanjutkan pelatihan yang terputus di folder yang sama",
        "en": "go on with an interrupted run in the same folder",
    },
    "script.help_dropout": {
        "id": "peluang dropout; default: yang tertulis di checkpoint",
        "en": "probability of dropout; default: what the checkpoint says",
    },
    "script.help_output": {
        "id": "folder hasil; default: outputs/PRESET/sentiment, yang dibaca Pelajaran 5",
        "en": "folder for the result; default: outputs/PRESET/sentiment, which lesson 5 reads",
    },
    "script.done": {
        "id": "Selesai. Data validasi: {metrics}. Model, tokenizer, dan history.csv ada di {path}.",
        "en": "Done. Validation split: {metrics}. Model, tokenizer and history.csv are in {path}.",
    },
    "script.trains_first": {
        "id": "Model dari Pelajaran 4 belum ada di komputer ini, jadi dilatih dulu dengan resep yang sama.",
        "en": "The model of lesson 4 is not on this computer yet, so it is trained first, with the same recipe.",
    },
    # helpers.evaluation
    "evaluation.whole_number": {
        "id": "{name} harus bilangan bulat mulai dari {least}; yang diberikan: {found}.",
        "en": "{name} must be a whole number from {least} upwards; given: {found}.",
    },
    "evaluation.share": {
        "id": "{name} harus bilangan di antara 0 dan 1, misalnya 0.95; yang diberikan: {found}.",
        "en": "{name} must be a number between 0 and 1, for instance 0.95; given: {found}.",
    },
    "evaluation.above_zero": {
        "id": "{name} harus bilangan di atas 0, misalnya 1.5; yang diberikan: {found}.",
        "en": "{name} must be a number above 0, for instance 1.5; given: {found}.",
    },
    "evaluation.no_list": {
        "id": '{name} harus daftar label, satu untuk setiap baris; yang diberikan: {found}. Dari tabel tebakan, ambil predictions["label"].',
        "en": '{name} must be a list of labels, one a row; given: {found}. From a table of predictions take predictions["label"].',
    },
    "evaluation.no_rows": {
        "id": "{name} kosong, jadi tidak ada yang bisa dinilai. Periksa apakah suatu filter membuang semua baris.",
        "en": "{name} is empty, so there is nothing to score. See whether a filter left no row.",
    },
    "evaluation.no_label": {
        "id": "{name}, baris {row} (dihitung dari 1): {found} bukan label. Label adalah nama atau bilangan bulat; isi atau buang baris itu.",
        "en": "{name}, row {row} (counted from 1): {found} is no label. A label is a name or a whole number; fill in or drop that row.",
    },
    "evaluation.other_order": {
        "id": "Tebakan dan label asli punya indeks yang sama dalam urutan berbeda, jadi barisnya tertukar. Samakan dulu: list_label.loc[list_hyp.index].",
        "en": "Predictions and true labels have the same index in another order, so rows would be mixed up. Align them: "
        "list_label.loc[list_hyp.index].",
    },
    "evaluation.lengths": {
        "id": "Ada {hyp} tebakan untuk {label} label asli. Keduanya harus sama banyak, baris demi baris.",
        "en": "There are {hyp} predictions for {label} true labels. There must be as many of each, row by row.",
    },
    "evaluation.mixed_labels": {
        "id": "Nama dan nomor label tercampur (tebakan {hyp}, label asli {label}). Ubah nomor menjadi nama dulu, misalnya dengan .map(INDEX2LABEL).",
        "en": "Label names and numbers are mixed (predicted {hyp}, true {label}). Turn numbers into names first, for instance with "
        ".map(INDEX2LABEL).",
    },
    "evaluation.twin_labels": {
        "id": "Label {first} dan {second} hanya berbeda huruf besar atau spasi, tetapi akan dihitung sebagai dua kelas. Samakan tulisannya.",
        "en": "The labels {first} and {second} differ only in capitals or spaces, and would count as two classes. Write them alike.",
    },
    "evaluation.draws": {
        "id": "macro_f1 butuh dua array bilangan bulat [undian, baris] berbentuk sama, berisi 0 sampai {last}; yang diberikan: {found}.",
        "en": "macro_f1 needs two arrays of whole numbers [resamples, rows] of the same shape, from 0 to {last}; given: {found}.",
    },
    "evaluation.not_all_labels": {
        "id": "labels harus memuat setiap label satu kali: {labels}. Label yang belum ada di situ: {missing}.",
        "en": "labels must hold every label once: {labels}. Not among them: {missing}.",
    },
    "evaluation.many_columns": {
        "id": 'Yang ditebak harus satu kolom teks; tabel ini punya kolom: {columns}. Pilih satu, misalnya predict(table["text"], …).',
        "en": 'Predictions need one column of texts; this table has the columns: {columns}. Choose one, for instance predict(table["text"], …).',
    },
    "evaluation.no_texts": {
        "id": "Yang ditebak harus satu teks atau daftar teks yang berurutan; yang diberikan: {found}. Byte: .decode() dulu; dict: ambil daftar teksnya.",
        "en": "Predictions need a text or a list of texts in order; given: {found}. Bytes: .decode() them first; a dict: take its list of texts.",
    },
    "evaluation.one_text": {
        "id": "Fungsi ini memeriksa satu teks (string); yang diberikan: {found}. Untuk beberapa teks, panggil satu per satu.",
        "en": "This function looks at one text (a string); given: {found}. For several texts call it once for each.",
    },
    "evaluation.arguments": {
        "id": "Urutannya predict(texts, model, tokenizer), dengan model dari load_model dan tokenizer dari load_tokenizer; yang diberikan sebagai "
        "model: {model}, sebagai tokenizer: {tokenizer}.",
        "en": "The order is predict(texts, model, tokenizer), with a model from load_model and a tokenizer from load_tokenizer; given as "
        "model: {model}, as tokenizer: {tokenizer}.",
    },
    "evaluation.no_classifier": {
        "id": "{model} ini tidak memilih satu label untuk setiap teks. Muat modelnya dengan load_model dari folder hasil pelatihan.",
        "en": "This {model} does not choose one label for each text. Load the model with load_model from the folder that training left.",
    },
    "evaluation.not_finite": {
        "id": "Model menjawab dengan NaN: bobotnya rusak, misalnya karena pelatihan yang gagal. Latih lagi atau muat folder yang lain.",
        "en": "The model answers with NaN: its weights are broken, perhaps by a training that failed. Train again or load another folder.",
    },
    "evaluation.cut": {
        "id": "Catatan: {count} dari {total} teks lebih panjang daripada {limit} subword dan dipotong (baris {rows}).",
        "en": "Note: texts longer than {limit} subwords that were cut: {count} of {total} (rows {rows}).",
    },
    "evaluation.unknown": {
        "id": "Catatan: {count} dari {total} teks paling sedikit separuhnya [UNK], jadi tebakannya hampir tanpa dasar (baris {rows}).",
        "en": "Note: texts of which half or more is [UNK], so that their predictions rest on little: {count} of {total} (rows {rows}).",
    },
    "evaluation.no_predictions": {
        "id": "Tabel ini bukan hasil predict: butuh kolom label, kolom confidence berisi probabilitas, dan satu kolom untuk setiap label.",
        "en": "This table is not one of predict: it needs a column label, a column confidence of probabilities, and a column for each label.",
    },
    "evaluation.not_in_order": {
        "id": "Indeks tebakan ini tidak urut, jadi barisnya bukan lagi urutan file. Urutkan dulu: predictions.sort_index().",
        "en": "The index of these predictions is not in order, so their rows are not the file's any more. First: predictions.sort_index().",
    },
    "evaluation.bar": {"id": "memprediksi", "en": "predicting"},
    # helpers.plots
    "plots.bars": {"id": "Diagram batang: {title}. {values}.", "en": "Bar chart: {title}. {values}."},
    "plots.histograms": {"id": "Histogram: {title}. Median: {values}.", "en": "Histogram: {title}. Medians: {values}."},
    "plots.lines": {
        "id": "Diagram garis: {title}. Dari awal ke akhir: {values}.",
        "en": "Line chart: {title}. From first to last: {values}.",
    },
    "plots.heatmap": {
        "id": "Peta panas: {title}. {rows} baris dan {columns} kolom; nilai tertinggi {value} di baris {row}, kolom {column}.",
        "en": "Heat map: {title}. {rows} rows and {columns} columns; the highest value, {value}, is in row {row}, column {column}.",
    },
    "plots.heads": {
        "id": "Gradasi gelap-terang: {title}. Yang paling banyak dibaca setiap posisi, per head: {values}.",
        "en": "Shades: {title}. What each position reads most, by head: {values}.",
    },
    "plots.padding_grid": {
        "id": "Kisi: {title}. {batch} baris dan {seq_len} posisi; {padding} dari {positions} kotak hanya berisi padding.",
        "en": "Grid: {title}. {batch} rows and {seq_len} positions; {padding} of {positions} fields hold only padding.",
    },
    "plots.reliability": {
        "id": "Diagram keandalan: {title}. Keyakinan → akurasi: {values}.",
        "en": "Reliability chart: {title}. Confidence → accuracy: {values}.",
    },
    "plots.graph": {"id": "Graf: {title}. Panah: {edges}.", "en": "Graph: {title}. Arrows: {edges}."},
    "plots.position": {"id": "posisi", "en": "position"},
    "plots.row": {"id": "baris", "en": "row"},
    "plots.importance": {"id": "turunnya probabilitas kalau kata ini dihapus", "en": "fall in probability when the word is left out"},
    "plots.confidence": {"id": "keyakinan model", "en": "the model's confidence"},
    "plots.accuracy": {"id": "akurasi", "en": "accuracy"},
    "plots.perfect": {"id": "keyakinan = akurasi", "en": "confidence = accuracy"},
    "plots.model": {"id": "model", "en": "model"},
    # helpers.lesson
    "lesson.unknown_preset": {
        "id": 'Preset "{found}" tidak dikenal. Pilihannya: {allowed}.',
        "en": 'The preset "{found}" is unknown. Choose one of: {allowed}.',
    },
    "lesson.no_network": {
        "id": '{what} perlu diunduh, tetapi jaringan tidak tersedia ({error}). Pilihanmu: PRESET = "mini", yang tidak butuh jaringan; '
        "atau sebelum membuka Jupyter isi variabel lingkungan SMSA_DIR dengan folder berisi SmSA asli, INDOBERT_CHECKPOINT dengan folder berisi IndoBERT.",
        "en": '{what} has to be downloaded, but there is no network ({error}). Your choices: PRESET = "mini", which needs none; '
        "or, before you start Jupyter, set the environment variable SMSA_DIR to a folder with the real SmSA, INDOBERT_CHECKPOINT to a folder with IndoBERT.",
    },
    "lesson.smsa_dir": {
        "id": "SMSA_DIR menunjuk ke folder tanpa {path}. Folder itu harus berisi {names}.",
        "en": "SMSA_DIR names a folder without {path}. The folder must hold {names}.",
    },
    "lesson.other_smsa": {
        "id": "Catatan: {path} bukan file SmSA yang asli (checksum berbeda). Hasilmu tidak bisa dibandingkan dengan angka yang diterbitkan.",
        "en": "Note: {path} is not the original SmSA file (its checksum differs). Your results cannot be compared with published ones.",
    },
    "lesson.download": {
        "id": "Gagal mengunduh {address}: {error}. Tidak ada file setengah jadi yang tertinggal; coba lagi.",
        "en": "The download of {address} failed: {error}. No half-written file is left; try again.",
    },
    "lesson.checksum": {
        "id": "Isi {path} bukan yang seharusnya (SHA-256 {found}, seharusnya {expected}). File itu sudah dihapus; jalankan lagi untuk mengunduhnya.",
        "en": "{path} does not hold what it should (SHA-256 {found}, expected {expected}). It has been deleted; run this again to download it.",
    },
    "lesson.no_checkpoint": {
        "id": "INDOBERT_CHECKPOINT menunjuk ke {path}, tetapi di sana tidak ada config.json.",
        "en": "INDOBERT_CHECKPOINT names {path}, but there is no config.json.",
    },
    "lesson.threads": {"id": "{count} thread", "en": "threads: {count}"},
    "lesson.preset": {"id": "Preset    : {preset} ({explanation})", "en": "Preset   : {preset} ({explanation})"},
    "lesson.preset_mini": {
        "id": "data contoh 900 baris dan IndoBERT mini, tanpa jaringan",
        "en": "sample of 900 rows and the mini IndoBERT, no network",
    },
    "lesson.preset_laptop": {"id": "SmSA asli dan IndoBERT mini", "en": "the real SmSA and the mini IndoBERT"},
    "lesson.preset_full": {"id": "SmSA asli dan IndoBERT base", "en": "the real SmSA and IndoBERT base"},
    "lesson.device": {"id": "Perangkat : {device}", "en": "Device   : {device}"},
    "lesson.versions": {"id": "Versi     : {versions}", "en": "Versions : {versions}"},
    "lesson.slow": {
        "id": "Peringatan: tanpa GPU, melatih IndoBERT base di mesin ini butuh kira-kira {hours:.1f} jam (perkiraan dari kecepatan perkalian matriks).",
        "en": "Warning: without a GPU, training IndoBERT base takes about {hours:.1f} hours on this machine (estimated from its matrix products).",
    },
    "lesson.no_gpu": {
        "id": "Tanpa GPU preset mini dan laptop tetap nyaman. Di Colab, GPU gratis ada di Runtime → Change runtime type → T4 GPU.",
        "en": "Without a GPU the presets mini and laptop run well. On Colab a free GPU is at Runtime → Change runtime type → T4 GPU.",
    },
    # helpers.exercises
    "exercises.right": {"id": "Latihan {number}: benar. {text}", "en": "Exercise {number}: right. {text}"},
    "exercises.wrong": {
        "id": 'Latihan {number}: belum tepat. {text}\nUbah jawabanmu dan jalankan selnya lagi; kalau buntu, panggil lesson.hint("{name}").',
        "en": 'Exercise {number}: not yet. {text}\nChange your answer and run the cell again; if you are stuck, call lesson.hint("{name}").',
    },
    "exercises.unanswered": {
        "id": 'Latihan {number}: belum dijawab. Ganti titik-titik (...) dengan jawabanmu, lalu jalankan sel ini lagi. Buntu? lesson.hint("{name}")',
        "en": 'Exercise {number}: no answer yet. Put yours in place of the dots (...), then run this cell again. Stuck? lesson.hint("{name}")',
    },
    "exercises.nothing": {
        "id": "Jawabanmu None, artinya tidak ada nilai. Biasanya karena fungsinya belum memakai return, "
        "atau karena yang disimpan hasil print(...), yang memang tidak mengembalikan apa-apa.",
        "en": "Your answer is None: no value at all. Usually a function lacks its return, "
        "or the result of print(...) was stored, which gives nothing back.",
    },
    "exercises.not_a_number": {
        "id": "Yang diminta satu angka; jawabanmu {found}.",
        "en": "One number is asked for; your answer is {found}.",
    },
    "exercises.not_finite": {
        "id": "Hasilnya {found}, bukan angka biasa. Cari pembagian dengan nol, atau angka yang terlalu besar.",
        "en": "The result is {found}, which is no ordinary number. Look for a division by zero, or a number that grew too large.",
    },
    "exercises.not_a_list": {
        "id": "Yang diminta sederet angka (list, array, atau tensor satu dimensi); jawabanmu {found}.",
        "en": "A row of numbers is asked for (a list, an array or a tensor with one dimension); your answer is {found}.",
    },
    "exercises.wrong_length": {
        "id": "Isinya {found} angka, padahal yang diminta {wanted}.",
        "en": "Numbers in your answer: {found}; asked for: {wanted}.",
    },
    "exercises.not_a_function": {
        "id": "Yang diminta sebuah fungsi; jawabanmu {found}. Berikan nama fungsinya tanpa tanda kurung: hitung, bukan hitung(3).",
        "en": "A function is asked for; your answer is {found}. Pass its name without brackets: compute, not compute(3).",
    },
    "exercises.raised": {
        "id": "Fungsimu berhenti dengan kesalahan saat dipanggil sebagai {call}:\n    {error}",
        "en": "Your function stopped with an error when it was called as {call}:\n    {error}",
    },
    "exercises.unreadable": {
        "id": "Jawabanmu ({found}) tidak bisa diperiksa: {error}. Bandingkan bentuknya dengan yang diminta soal.",
        "en": "Your answer ({found}) cannot be checked: {error}. Compare its form with what the task asks for.",
    },
    "exercises.unknown": {
        "id": 'Latihan "{found}" tidak ada di pelajaran ini. Yang ada: {allowed}.',
        "en": 'There is no exercise "{found}" in this lesson. There are: {allowed}.',
    },
    "exercises.hint": {
        "id": "Latihan {number}, petunjuk {place} dari {of}: {text}",
        "en": "Exercise {number}, hint {place} of {of}: {text}",
    },
    "exercises.more_hints": {
        "id": 'Masih buntu? Panggil lesson.hint("{name}") sekali lagi.',
        "en": 'Still stuck? Call lesson.hint("{name}") once more.',
    },
    "exercises.last_hint": {
        "id": "Itu petunjuk terakhir. Jawaban lengkapnya ada di sel terlipat di bawah sel jawabanmu.",
        "en": "That was the last hint. The whole answer is in the folded cell below your own.",
    },
    "exercises.damaged_progress": {
        "id": "Catatan: {path} rusak. File itu disimpan sebagai {aside}, dan catatan kemajuanmu dimulai lagi dari awal.",
        "en": "Note: {path} is damaged. It was kept as {aside}, and the record of your progress begins anew.",
    },
    "exercises.not_kept": {
        "id": "Catatan: kemajuanmu tidak bisa disimpan ({error}). Penilaian di atas tetap berlaku.",
        "en": "Note: your progress could not be kept ({error}). The verdict above holds all the same.",
    },
    "exercises.lesson": {
        "id": "Pelajaran {number}: {solved} dari {of} latihan selesai",
        "en": "Lesson {number}: exercises solved: {solved} of {of}",
    },
    "exercises.solved": {
        "id": "  [x] {number}. {title} (percobaan: {tries}, petunjuk: {hints})",
        "en": "  [x] {number}. {title} (tries: {tries}, hints: {hints})",
    },
    "exercises.tried": {
        "id": "  [~] {number}. {title} (belum tepat; percobaan: {tries}, petunjuk: {hints})",
        "en": "  [~] {number}. {title} (not right yet; tries: {tries}, hints: {hints})",
    },
    "exercises.untouched": {
        "id": "  [ ] {number}. {title}",
        "en": "  [ ] {number}. {title}",
    },
    # helpers.mask_cost
    "mask_cost.trained_with": {"id": "dilatih dengan mask", "en": "trained with mask"},
    "mask_cost.trained_without": {"id": "dilatih tanpa mask", "en": "trained without"},
    "mask_cost.predicted_with": {"id": "menebak dengan mask", "en": "predicts with mask"},
    "mask_cost.predicted_without": {"id": "menebak tanpa mask", "en": "predicts without"},
    "mask_cost.predicted_wide": {"id": "menebak tanpa, lebar tetap", "en": "predicts without, fixed width"},
    "mask_cost.lost_sample": {"id": "F1 yang hilang, data contoh", "en": "F1 lost, sample"},
    "mask_cost.lost_smsa": {"id": "F1 yang hilang, SmSA asli", "en": "F1 lost, real SmSA"},
    # helpers.scoreboard
    "scoreboard.majority": {"id": "selalu kelas terbanyak", "en": "always the largest class"},
    "scoreboard.rules": {"id": "aturan", "en": "rules"},
    "scoreboard.bag_of_words": {"id": "bag of words", "en": "bag of words"},
    "scoreboard.small_network": {"id": "jaringan kecil", "en": "small network"},
    "scoreboard.tfidf": {"id": "TF-IDF", "en": "TF-IDF"},
    "scoreboard.linear_probe": {"id": "linear probe", "en": "linear probe"},
    "scoreboard.random_weights": {"id": "BERT mini, bobot acak", "en": "mini BERT, random weights"},
    "scoreboard.pretrained": {"id": "BERT mini, pre-trained", "en": "mini BERT, pre-trained"},
    "scoreboard.data_sample": {"id": "data contoh", "en": "sample"},
    "scoreboard.data_smsa": {"id": "SmSA, di komputer ini", "en": "SmSA, on this computer"},
    "scoreboard.stored": {"id": "SmSA asli (angka simpanan)", "en": "real SmSA (stored)"},
    "scoreboard.not_run": {"id": "belum dijalankan (Pelajaran {number})", "en": "not run yet (Lesson {number})"},
    "scoreboard.right_label": {"id": "label yang benar", "en": "right label"},
    "scoreboard.right_of": {"id": "benar dari {of}", "en": "right of {of}"},
    "scoreboard.turn": {"id": "berbalik arah", "en": "turn"},
    "scoreboard.negation": {"id": "negasi", "en": "negation"},
    "scoreboard.irony": {"id": "ironi", "en": "irony"},
    "scoreboard.plain": {"id": "lugas", "en": "plain"},
    "scoreboard.slang": {"id": "gaul", "en": "slang"},
    "scoreboard.implied": {"id": "tersirat", "en": "implied"},
    "scoreboard.information": {"id": "informasi", "en": "information"},
    "scoreboard.no_key": {"id": "tanpa kunci", "en": "no key"},
    "scoreboard.damaged": {
        "id": "Catatan: {path} tidak bisa dibaca, jadi papan skor dimulai dari kosong. Jalankan lagi pelajaran-pelajaran sebelumnya untuk mengisinya.",
        "en": "Note: {path} cannot be read, so the scoreboard begins empty. Run the earlier lessons again to fill it.",
    },
    "scoreboard.unknown": {
        "id": 'Papan skor tidak mengenal cara "{found}". Pilihannya: {allowed}.',
        "en": 'The scoreboard does not know the method "{found}". Choose one of: {allowed}.',
    },
    "scoreboard.not_a_score": {
        "id": "Nilai di papan skor harus antara 0 dan 1; yang diberikan: {found}.",
        "en": "A score on the board lies between 0 and 1; given: {found}.",
    },
    "scoreboard.not_five": {
        "id": "Benang merah berisi {wanted} kalimat, jadi butuh {wanted} label; yang diberikan: {found}.",
        "en": "The red thread has {wanted} sentences and takes as many labels; given: {found}.",
    },
    # helpers.toolbox
    "toolbox.padded": {"id": "padding sampai maksimum", "en": "padded to the maximum"},
    "toolbox.grouped": {"id": "dikelompokkan, float32", "en": "grouped, float32"},
    "toolbox.bfloat16": {"id": "bfloat16", "en": "bfloat16"},
    "toolbox.sdpa": {"id": "attention sdpa", "en": "attention sdpa"},
    "toolbox.compiled": {"id": "torch.compile, sebagian", "en": "torch.compile, pieces"},
    "toolbox.accumulated": {"id": "batch dalam 2 potongan", "en": "a batch in 2 parts"},
    "toolbox.all": {"id": "semua bobot", "en": "all weights"},
    "toolbox.last_layer": {"id": "lapisan terakhir + head", "en": "last layer + head"},
    "toolbox.head_only": {"id": "head saja", "en": "head only"},
    "toolbox.lora": {"id": "LoRA + head", "en": "LoRA + head"},
    "toolbox.ms": {"id": "ms/langkah", "en": "ms/step"},
    "toolbox.mb": {"id": "MB", "en": "MB"},
    "toolbox.f1": {"id": "macro-F1", "en": "macro-F1"},
    "toolbox.base_ms": {"id": "base: ms", "en": "base: ms"},
    "toolbox.base_mb": {"id": "base: MB", "en": "base: MB"},
    "toolbox.gpu_ms": {"id": "base, {card}: ms", "en": "base, {card}: ms"},
    "toolbox.when": {"id": "kapan dipakai", "en": "when to use it"},
    "toolbox.trained": {"id": "bobot yang dilatih", "en": "trained weights"},
    "toolbox.tried": {"id": "F1 setiap rate yang dicoba", "en": "F1 at each rate tried"},
    "toolbox.rate": {"id": "rate terbaik", "en": "best rate"},
    "toolbox.when_padded": {"id": "hanya kalau bentuk batch harus tetap", "en": "only if shapes must not change"},
    "toolbox.when_grouped": {"id": "selalu", "en": "always"},
    "toolbox.when_bfloat16": {"id": "kalau prosesor punya unit untuk itu", "en": "if the processor has units for it"},
    "toolbox.when_sdpa": {"id": "GPU, teks panjang; ukur dulu di CPU", "en": "GPU, long texts; on a CPU measure first"},
    "toolbox.when_compiled": {"id": "pelatihan panjang, sesudah diukur", "en": "long trainings, once measured"},
    "toolbox.when_accumulated": {"id": "kalau batch tidak muat di memori", "en": "if the batch does not fit into memory"},
    "toolbox.when_last_layer": {"id": "kalau waktu sedikit", "en": "if time is short"},
    "toolbox.when_head_only": {"id": "percobaan pertama, atau data sedikit", "en": "a first try, or few rows"},
    "toolbox.when_lora": {"id": "banyak tugas, satu model besar", "en": "many tasks, one large model"},
    # helpers.clinic
    "clinic.oversampling": {"id": "1. oversampling sebelum dibagi", "en": "1. oversampling before the split"},
    "clinic.duplicates": {"id": "2. salinan di dua sisi", "en": "2. copies on both sides"},
    "clinic.chosen_on_test": {"id": "3. memilih dengan data uji", "en": "3. choosing by the test data"},
    "clinic.preparation": {"id": "4. stopword dibuang, lalu stemming", "en": "4. stop words removed, then stemmed"},
    "clinic.accuracy": {"id": "5. akurasi di kelas yang timpang", "en": "5. accuracy on a skewed mix"},
    "clinic.best_seed": {"id": "6. seed terbaik dari sepuluh", "en": "6. the best of ten seeds"},
    "clinic.lexicon": {"id": "7. label kamus dianggap benar", "en": "7. a lexicon's labels as truth"},
    "clinic.read_test": {"id": "8. teks uji di pre-training", "en": "8. test texts in pre-training"},
    "clinic.other_data": {"id": "9. angka dari data lain", "en": "9. a number from other data"},
    "clinic.points": {"id": "{points:+.1f} ({low:+.1f} s.d. {high:+.1f})", "en": "{points:+.1f} ({low:+.1f} to {high:+.1f})"},
    "clinic.here": {
        "id": "di sini: dilaporkan {reported:.3f}, jujur {honest:.3f}, selisih {cost} poin",
        "en": "here: reported {reported:.3f}, honest {honest:.3f}, difference {cost} points",
    },
    "clinic.stored_tfidf": {
        "id": "SmSA, TF-IDF, {rows} baris, {seeds} seed: {reported:.3f}, jujur {honest:.3f}, selisih {cost}",
        "en": "SmSA, TF-IDF, {rows} rows, {seeds} seeds: {reported:.3f}, honest {honest:.3f}, difference {cost}",
    },
    "clinic.stored_bert": {
        "id": "SmSA, BERT mini, {rows} baris, {seeds} seed: {reported:.3f}, jujur {honest:.3f}, selisih {cost}",
        "en": "SmSA, mini BERT, {rows} rows, {seeds} seeds: {reported:.3f}, honest {honest:.3f}, difference {cost}",
    },
    "clinic.stored_network": {
        "id": "SmSA, jaringan kecil, {rows} baris, {seeds} seed: {reported:.3f}, jujur {honest:.3f}, selisih {cost}",
        "en": "SmSA, small network, {rows} rows, {seeds} seeds: {reported:.3f}, honest {honest:.3f}, difference {cost}",
    },
    "clinic.column_tfidf": {"id": "SmSA, TF-IDF (6: jaringan kecil)", "en": "SmSA, TF-IDF (6: small network)"},
    "clinic.column_bert": {"id": "SmSA, BERT mini", "en": "SmSA, mini BERT"},
    "clinic.not_run": {"id": "belum dijalankan", "en": "not run yet"},
    "clinic.damaged": {
        "id": "Catatan: {path} tidak bisa dibaca, jadi tabel kebiasaan dimulai dari kosong. Jalankan lagi bagian-bagian sebelumnya.",
        "en": "Note: {path} cannot be read, so the table of habits begins empty. Run the earlier sections again.",
    },
    "clinic.unknown": {
        "id": 'Tabel kebiasaan tidak mengenal "{found}". Pilihannya: {allowed}.',
        "en": 'The table of habits does not know "{found}". Choose one of: {allowed}.',
    },
    "clinic.data_sample": {
        "id": "Kami memakai data contoh tutorial ini (bukan SmSA), dengan {train} baris latih, {valid} baris validasi, dan {test} baris uji; "
        "kelas terbanyak di data latih mencakup {share:.0f} % baris uji.",
        "en": "We used this tutorial's sample (not SmSA), with {train} training, {valid} validation and {test} test rows; "
        "the largest class of the training data makes up {share:.0f} % of the test rows.",
    },
    "clinic.data_smsa": {
        "id": "Kami memakai SmSA (IndoNLU) dengan pembagian resminya: {train} baris latih, {valid} baris validasi, dan {test} baris uji; "
        "kelas terbanyak di data latih mencakup {share:.0f} % baris uji.",
        "en": "We used SmSA (IndoNLU) with its official splits of {train} training, {valid} validation and {test} test rows; "
        "the largest class of the training data makes up {share:.0f} % of the test rows.",
    },
    "clinic.score": {
        "id": "Epoch dipilih dengan data validasi; tidak ada yang dipilih dengan data uji. Model mencapai macro-F1 {f1:.3f} "
        "(selang kepercayaan 95 %, bootstrap atas baris uji: {low:.3f} sampai {high:.3f}).",
        "en": "The epoch was chosen on the validation data, nothing on the test data. The model reaches a macro-F1 of {f1:.3f} "
        "(95 % confidence interval, bootstrap over the test rows: {low:.3f} to {high:.3f}).",
    },
    "clinic.baseline": {
        "id": "Di baris yang sama, menebak kelas terbanyak mencapai {majority:.3f}, dan TF-IDF dengan regresi logistik {baseline:.3f}; "
        "selisih model dengan TF-IDF {points:+.1f} poin ({points_low:+.1f} sampai {points_high:+.1f}).",
        "en": "On the same rows, guessing the largest class reaches {majority:.3f} and TF-IDF with logistic regression {baseline:.3f}; "
        "the model differs from TF-IDF by {points:+.1f} points ({points_low:+.1f} to {points_high:+.1f}).",
    },
    "clinic.verdict_above": {
        "id": "Selang itu seluruhnya di atas nol: model lebih baik daripada TF-IDF di data uji ini.",
        "en": "That interval lies above zero: the model is better than TF-IDF on these test rows.",
    },
    "clinic.verdict_below": {
        "id": "Selang itu seluruhnya di bawah nol: model lebih buruk daripada TF-IDF di data uji ini.",
        "en": "That interval lies below zero: the model is worse than TF-IDF on these test rows.",
    },
    "clinic.verdict_open": {
        "id": "Selang itu memuat nol: keunggulan atas TF-IDF tidak terbukti dengan baris uji sebanyak ini.",
        "en": "That interval holds zero: an advantage over TF-IDF is not shown with this many test rows.",
    },
    "clinic.one_seed": {
        "id": "Angka ini berasal dari satu pelatihan (satu seed), jadi ragam antar-seed belum termasuk di dalam selang.",
        "en": "The figure comes from one training (one seed), so that the variation between seeds is not part of the interval.",
    },
    "clinic.many_seeds": {
        "id": "Label uji diambil dari gabungan {seeds} pelatihan dengan seed yang berbeda.",
        "en": "The test labels come from {seeds} trainings with different seeds taken together.",
    },
    "clinic.copies": {
        "id": "Baris uji yang punya salinan (hampir) sama di data latih: {copies} dari {test}.",
        "en": "Test rows with a (near) copy among the training rows: {copies} of {test}.",
    },
    "clinic.worst": {
        "id": "Kekeliruan terbesar, menurut bagian kelasnya: {mistaken} dari {rows} baris {true} ditebak {taken_for}.",
        "en": "The largest mistake, by share of a class: {mistaken} of {rows} {true} rows called {taken_for}.",
    },
    "clinic.no_mistake": {
        "id": "Tidak ada baris uji yang salah ditebak.",
        "en": "No test row was mistaken.",
    },
    "clinic.limits": {
        "id": "Hasil ini berlaku untuk teks sejenis; ranah lain dan teks yang lebih panjang tidak diuji.",
        "en": "The result holds for texts of this kind; other domains and longer texts were not tested.",
    },
    # series.learner
    "learner.folder": {
        "id": "Pelajaran untukmu ada di {folder}: keluarannya kosong, dan yang kamu tulis di sana tidak akan ditimpa.",
        "en": "Your lessons are in {folder}: without outputs, and what you write there is never overwritten.",
    },
    "learner.newer": {
        "id": "Ada edisi baru untuk {lesson}. Punyamu tidak diubah; edisi barunya ada di {path}.",
        "en": "There is a newer edition of {lesson}. Yours was left as it is; the new one is {path}.",
    },
    # series.room
    "room.exported": {
        "id": "Ditulis ke {path}: nomor acak, dan untuk setiap latihan banyaknya percobaan, sudah selesai atau belum, dan nama kekeliruannya. "
        "Tidak ada nama, jawaban, atau alamat folder di dalamnya. Serahkan file itu kepada pengajarmu.",
        "en": "Written to {path}: a random number, and for each exercise the tries, whether it is solved, and the names of the mistakes. "
        "No name, no answer and no path is in it. Hand that file to your lecturer.",
    },
    "room.nothing": {
        "id": "Belum ada latihan yang dicoba, jadi belum ada yang bisa ditulis.",
        "en": "No exercise has been tried yet, so there is nothing to write.",
    },
    "room.no_folder": {
        "id": "Folder {folder} tidak ada. Kumpulkan dulu file progress_....json dari peserta di satu folder.",
        "en": "There is no folder {folder}. Collect the participants' files progress_....json in one folder first.",
    },
    "room.empty": {
        "id": "Di {folder} tidak ada file .json. Peserta membuatnya dengan: python3 tutorial.py progress --export",
        "en": "There is no .json file in {folder}. Participants make theirs with: python3 tutorial.py progress --export",
    },
    "room.unreadable": {
        "id": "tidak bisa dibaca ({error}); minta file itu sekali lagi",
        "en": "cannot be read ({error}); ask for that file again",
    },
    "room.not_opened": {
        "id": "tidak bisa dibuka ({error}); periksa file itu dan izinnya",
        "en": "cannot be opened ({error}); look at the file and at who may read it",
    },
    "room.too_large": {"id": "lebih dari {limit} byte; itu bukan file kemajuan", "en": "more than {limit} bytes: no record of progress"},
    "room.no_export": {
        "id": "bukan file dari progress --export (seharusnya berformat {format})",
        "en": "no file of progress --export (its format should be {format})",
    },
    "room.no_id": {"id": "nomor acaknya tidak ada atau rusak", "en": "its random number is missing or damaged"},
    "room.no_lessons": {"id": "daftar pelajarannya tidak ada", "en": "its list of lessons is missing"},
    "room.no_lesson": {"id": "pelajaran {lesson} rusak", "en": "lesson {lesson} is damaged"},
    "room.unknown_exercise": {
        "id": "pelajaran {lesson} tidak punya latihan {exercise}; mungkin filenya dari edisi lain",
        "en": "lesson {lesson} has no exercise {exercise}; perhaps the file is from another edition",
    },
    "room.unknown_mistake": {
        "id": "pelajaran {lesson}, {exercise}: kekeliruan {mistake} tidak dikenal; mungkin filenya dari edisi lain",
        "en": "lesson {lesson}, {exercise}: the mistake {mistake} is unknown; perhaps the file is from another edition",
    },
    "room.record": {"id": "pelajaran {lesson}, {exercise}: hitungannya rusak", "en": "lesson {lesson}, {exercise}: its counts are damaged"},
    "room.point": {"id": ",", "en": "."},
    "room.people": {"id": "Peserta: {people}", "en": "Participants: {people}"},
    "room.again": {
        "id": "File dari peserta yang sama: {files}; yang dipakai yang paling banyak percobaannya.",
        "en": "Files of the same participant: {files}; the one with most tries is used.",
    },
    "room.talk": {"id": "Yang paling perlu dibahas bersama:", "en": "What is most worth a word to everybody:"},
    "room.first": {
        "id": "  Pelajaran {lesson}, latihan {number}: {mistake} ({people} orang)",
        "en": "  Lesson {lesson}, exercise {number}: {mistake} (persons: {people})",
    },
    "room.lesson": {"id": "Pelajaran {number}", "en": "Lesson {number}"},
    "room.editions": {
        "id": "  Catatan: peserta memakai {editions} edisi pelajaran ini; soalnya bisa sedikit berbeda.",
        "en": "  Note: participants have {editions} editions of this lesson; tasks may differ a little.",
    },
    "room.exercise": {
        "id": "  {number}. {title}: selesai {solved} dari {tried} orang yang mencoba, rata-rata {tries} kali",
        "en": "  {number}. {title}: solved by {solved} of {tried} who tried, {tries} tries on average",
    },
    "room.mistake": {
        "id": "     {mistake}: {people} orang, {times} kali. {text}",
        "en": "     {mistake}: persons {people}, times {times}. {text}",
    },
    "room.damaged": {"id": "File yang tidak dihitung: {files}", "en": "Files that were not counted: {files}"},
    # helpers.packages
    "packages.bad_line": {
        "id": '{path}, baris {row}: "{line}" tidak dipahami. Tulis nama paket lalu rentang versinya, misalnya: torch>=2.13 atau transformers>=5,<6',
        "en": '{path}, line {row}: "{line}" is not understood. Write a package\'s name and its range of versions, for instance: torch>=2.13 or transformers>=5,<6',
    },
    "packages.unmet": {
        "id": "Paket yang belum ada atau versinya tidak cocok (dalam kurung: yang terpasang): {found}. "
        "Jalankan `%pip install {install}`, lalu mulai ulang kernel. Di komputermu sendiri, `python3 tutorial.py lab` memasang semuanya.",
        "en": "Packages that are missing or whose version does not fit (in brackets: what is installed): {found}. "
        "Run `%pip install {install}`, then restart the kernel. On your own computer `python3 tutorial.py lab` installs them all.",
    },
    "packages.no_torch": {
        "id": "PyTorch {torch} ke atas tidak tersedia untuk {computer}. Yang bisa: Windows 64-bit dengan prosesor Intel atau AMD, Mac dengan chip Apple, "
        "dan Linux x86_64 atau aarch64. Buka pelajarannya di Colab (tautannya ada di README), atau pakai komputer lain.",
        "en": "There is no PyTorch {torch} or newer for {computer}. It exists for 64-bit Windows on Intel or AMD processors, Macs with Apple silicon, "
        "and Linux on x86_64 or aarch64. Open the lessons in Colab (the README has the links), or use another computer.",
    },
    "packages.no_torch_glibc": {
        "id": "PyTorch {torch} ke atas butuh Linux dengan glibc {glibc} atau lebih baru; di sini: {found}. Pakai Linux yang lebih baru "
        "(misalnya Ubuntu 20.04 atau Debian 10 ke atas; Alpine tidak bisa), atau buka pelajarannya di Colab (tautannya ada di README).",
        "en": "PyTorch {torch} and newer need a Linux with glibc {glibc} or newer; here: {found}. Use a newer Linux "
        "(Ubuntu 20.04 or Debian 10 and later, for instance; Alpine will not do), or open the lessons in Colab (the README has the links).",
    },
    "packages.no_torch_intel_mac": {
        "id": "PyTorch {torch} ke atas tidak dibuat untuk Mac berprosesor Intel, hanya untuk chip Apple (M1 dan sesudahnya) dengan macOS {macos} ke atas. "
        "Buka pelajarannya di Colab (tautannya ada di README), atau pakai komputer lain.",
        "en": "PyTorch {torch} and newer are not made for Macs with an Intel processor, only for Apple silicon (M1 and later) with macOS {macos} or newer. "
        "Open the lessons in Colab (the README has the links), or use another computer.",
    },
    "packages.no_torch_rosetta": {
        "id": "Mac ini memakai chip Apple, tetapi Python ini dibuat untuk prosesor Intel, dan PyTorch {torch} ke atas tidak ada untuk itu. "
        "Pasang Python untuk chip Apple (di python.org: macOS 64-bit universal2 installer), lalu ulangi dengan Python itu. "
        "macOS-nya harus {macos} ke atas.",
        "en": "This Mac has Apple silicon, but this Python is made for Intel processors, for which there is no PyTorch {torch} or newer. "
        "Install a Python for Apple silicon (on python.org: macOS 64-bit universal2 installer), then use that one. "
        "macOS must be {macos} or newer.",
    },
    "packages.no_torch_old_macos": {
        "id": "PyTorch {torch} ke atas butuh macOS {macos} atau lebih baru; Mac ini memakai macOS {found}. Perbarui macOS, "
        "atau buka pelajarannya di Colab (tautannya ada di README), atau pakai komputer lain.",
        "en": "PyTorch {torch} and newer need macOS {macos} or newer; this Mac has macOS {found}. Update macOS, "
        "or open the lessons in Colab (the README has the links), or use another computer.",
    },
    # helpers.many_rows
    "many_rows.description": {
        "id": "Menebak label setiap baris sebuah file CSV, berapa pun panjangnya; kalau terputus, perintah yang sama melanjutkannya.",
        "en": "Predicts a label for every row of a CSV file, however long; after an interruption the same command goes on.",
    },
    "many_rows.help_source": {"id": "file CSV dengan baris judul", "en": "CSV file with a header row"},
    "many_rows.help_target": {"id": "file hasil (CSV)", "en": "file for the results (CSV)"},
    "many_rows.help_model": {"id": "folder model", "en": "folder of the model"},
    "many_rows.help_column": {"id": "kolom teks (default: text)", "en": "column of texts (default: text)"},
    "many_rows.help_chunk": {
        "id": "banyaknya baris di antara dua penyimpanan (default: {chunk})",
        "en": "rows between two savings (default: {chunk})",
    },
    "many_rows.bar": {"id": "baris", "en": "rows"},
    "many_rows.done": {
        "id": "{rows} baris, {new} di antaranya baru ditebak. Dipotong sesudah {limit} subword: {cut}; hampir tak terbaca: {mostly_unknown}; "
        "tanpa teks: {without_text}.",
        "en": "{rows} rows, {new} of them predicted now. Cut after {limit} subwords: {cut}; hardly readable: {mostly_unknown}; "
        "without a text: {without_text}.",
    },
    "many_rows.no_column": {
        "id": "File {path} tidak punya tepat satu kolom {column}; baris judulnya berisi: {columns}. Kolom file .tsv dipisahkan TAB, "
        "kolom file lain koma.",
        "en": "The file {path} does not have exactly one column {column}; its header row holds: {columns}. Columns are separated by TAB in "
        ".tsv files, by commas in others.",
    },
    "many_rows.fields": {
        "id": "ada {found} kolom; baris judulnya punya {wanted}. Teks yang berisi koma harus diapit tanda kutip",
        "en": "columns found: {found}; the header row has {wanted}. A text with a comma in it needs quotes around it",
    },
    "many_rows.csv": {"id": "bukan CSV yang utuh ({error})", "en": "no proper CSV ({error})"},
    "many_rows.unknown_target": {
        "id": "File {target} sudah ada, dan bukan hasil perintah ini. Pilih nama lain, atau pindahkan dulu file itu.",
        "en": "The file {target} is there already, and is no result of this command. Choose another name, or move that file away.",
    },
    "many_rows.other_job": {
        "id": "{target} dimulai untuk pekerjaan lain; yang berbeda: {what}. Pilih nama lain, atau pindahkan dulu {target} (atau .part-nya) "
        "dan {record}.",
        "en": "{target} was begun for another job; what differs: {what}. Choose another name, or move {target} (or its .part) and {record} away.",
    },
    # helpers.sharing
    "sharing.elsewhere": {
        "id": "Program di proses lain berhenti dengan galat: {error}",
        "en": "The program in the other process stopped with an error: {error}",
    },
    "sharing.no_file": {
        "id": "Di {folder} tidak ada file yang boleh dibagikan ({patterns}). Periksa foldernya.",
        "en": "There is no file in {folder} that may be shared ({patterns}). Check the folder.",
    },
    "sharing.extras": {
        "id": "Paket tambahan belum ada: {names}. Bagian ini dilewati, dan pelajaran jalan terus. Untuk mencobanya "
        '(sekitar 45 MB): "{python}" -m pip install {names}, lalu mulai ulang kernel.',
        "en": "Extra packages are not installed: {names}. This section is passed over, and the lesson goes on. To try it "
        '(about 45 MB): "{python}" -m pip install {names}, then restart the kernel.',
    },
    # helpers.demo
    "demo.description": {
        "id": "Demo web untuk model sentimen, di komputer ini saja.",
        "en": "A web demo of the sentiment model, on this computer only.",
    },
    "demo.no_gradio": {
        "id": "Demo ini butuh Gradio: pip install gradio",
        "en": "The demo needs Gradio: pip install gradio",
    },
    "demo.title": {"id": "Sentimen ulasan", "en": "Sentiment of reviews"},
    "demo.about": {
        "id": "Tebakan sebuah model kecil, dan model ini sering salah; lihat kartu modelnya. Jangan tulis nama, nomor telepon, atau alamat. "
        "Teksmu tidak disimpan.",
        "en": "Guesses of a small model, which is often wrong; see its card. Do not type names, phone numbers or addresses. "
        "Your text is not stored.",
    },
    "demo.text": {"id": "Tulis satu ulasan", "en": "Write one review"},
    "demo.label": {"id": "Sentimen", "en": "Sentiment"},
    "demo.note": {"id": "Yang perlu kamu tahu", "en": "What you should know"},
    "demo.no_text": {"id": "Belum ada teks yang bisa dibaca.", "en": "There is no text yet that could be read."},
    "demo.cut": {
        "id": "Teksnya terlalu panjang. Bagian ini tidak dibaca: “{unread}”",
        "en": "The text is too long. This part was not read: “{unread}”",
    },
    "demo.unknown": {
        "id": "Hampir semua isinya tidak dikenal model; jangan percaya tebakan ini.",
        "en": "The model knows hardly anything of this text; do not trust the guess.",
    },
    # helpers.pretraining
    "pretraining.few_texts": {
        "id": "Di {path} hanya ada {count} teks; pre-training butuh paling sedikit 100. Beri satu file teks (satu teks per baris) atau folder `dataset` dari IndoNLU.",
        "en": "There are only {count} texts in {path}; pre-training needs 100 at least. Give a text file (one text a line) or IndoNLU's folder `dataset`.",
    },
    "pretraining.other_settings": {
        "id": "Checkpoint di {path} berasal dari teks atau pengaturan lain. Pilih folder --out yang lain, atau hapus folder checkpoint itu.",
        "en": "The checkpoints in {path} come from other texts or settings. Choose another folder for --out, or delete that folder.",
    },
    "pretraining.description": {
        "id": "Melatih BERT kecil dari nol dengan teks tanpa label.",
        "en": "Pre-train a small BERT from scratch on texts without labels.",
    },
    "pretraining.bad_weight": {
        "id": "{argument}: setelah tanda = harus ada bobot berupa angka, misalnya berita.txt=0.8.",
        "en": "{argument}: after = there must be a weight, a number, for instance news.txt=0.8.",
    },
    "pretraining.vary_without_teacher": {
        "id": "--vary hanya berguna bersama --teacher: tanpa guru, model tidak bisa belajar apa-apa dari kalimat yang diubah.",
        "en": "--vary needs --teacher: without a teacher there is nothing to learn from changed sentences.",
    },
    "pretraining.help_text": {
        "id": "file UTF-8, satu teks per baris, atau folder `dataset` dari IndoNLU; boleh beberapa kali; bobot 0.8 berarti tiap teks ikut dalam 80 %% epoch",
        "en": "a UTF-8 file, one text a line, or IndoNLU's folder `dataset`; may be repeated; weight 0.8 means that each text comes in 80 %% of the epochs",
    },
    "pretraining.help_vary": {
        "id": "salah satu sumber dari --text: potongan pendeknya, dengan kata ingkar disisipkan atau dihapus, ikut dipelajari dari guru",
        "en": "one of the sources of --text: short parts of its texts, with negators put in or taken out, are learnt from the teacher too",
    },
    "pretraining.help_teacher": {
        "id": "folder model yang lebih besar, yang vektornya ditiru (lihat helpers/teacher.py)",
        "en": "folder of a larger model whose vectors are to be learnt (see helpers/teacher.py)",
    },
    "pretraining.help_out": {
        "id": "folder untuk model yang jadi; checkpoint disimpan di folder bernama sama dengan akhiran _checkpoints, dan latihan dilanjutkan dari sana",
        "en": "folder for the finished model; checkpoints go to the same name with _checkpoints after it, and are resumed from",
    },
    "pretraining.help_steps": {
        "id": "jumlah langkah (default: {steps})",
        "en": "number of steps (default: {steps})",
    },
    "pretraining.help_minutes": {
        "id": "sebagai ganti --steps: sebanyak yang muat dalam sekian menit di komputer ini",
        "en": "instead of --steps: as many as fit into so many minutes on this computer",
    },
    "pretraining.help_default": {
        "id": "default: {value}",
        "en": "default: {value}",
    },
    "pretraining.texts": {
        "id": "{count} teks, {words} kata.",
        "en": "{count} texts, {words} words.",
    },
    "pretraining.done": {
        "id": "Selesai: {steps} langkah ({epochs} epoch), loss {loss}, loss pada teks yang disisihkan: {held_out}. Modelnya ada di {path}.",
        "en": "Done: {steps} steps ({epochs} epochs), loss {loss}, on held-out texts: {held_out}. The model is in {path}.",
    },
}


def language_option(arguments):
    """A parser of ``--language`` to build a command's parser on (``parents=[...]``), so that its help speaks that language too.

    Every command that has messages begins with it: the language is set from
    `arguments` before any other option is explained.

    Parameters
    ----------
    arguments : list of str or None
        Those of the process if None.

    Returns
    -------
    argparse.ArgumentParser

    Examples
    --------
    >>> parser = argparse.ArgumentParser(parents=[language_option(["--language", "id"])])
    >>> parser.parse_args(["--language", "id"]).language
    'id'
    """
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--language", default="id", choices=LANGUAGES, help=message("messages.help_language"))
    set_language(parser.parse_known_args(arguments)[0].language)
    return parser


def set_language(language):
    """Choose the language of all messages: ``"id"`` or ``"en"``."""
    if language not in LANGUAGES:
        raise ValueError(f"language must be one of {LANGUAGES}, not {language!r}")
    _current["language"] = language


def message(key, **values):
    """The text of `key` in the current language, with `values` filled in.

    Examples
    --------
    >>> message("data.wrong_columns", found=3)[:13]
    'ada 3 kolom; '
    """
    return translated(MESSAGES[key], **values)


def translated(texts, **values):
    """The text of the current language among some, with `values` filled in.

    Examples
    --------
    >>> translated({"id": "baris {row}", "en": "row {row}"}, row=3)
    'baris 3'
    """
    return texts[_current["language"]].format(**values)


def in_every_language(key, **values):
    """The text of `key` in all languages, one below the other: for readers whose language is not known yet."""
    return "\n".join(MESSAGES[key][language].format(**values) for language in LANGUAGES)
