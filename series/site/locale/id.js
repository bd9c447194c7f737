Documentation.addTranslations({
  locale: "id",
  plural_expr: "0",
  messages: {
    "Searching": "Mencari",
    "Preparing search...": "Menyiapkan pencarian ...",
    "Search Results": "Hasil pencarian",
    "Hide Search Matches": "Sembunyikan tanda hasil",
    "Your search did not match any documents. Please make sure that all words are spelled correctly and that you've selected enough categories.": "Tidak ada halaman yang cocok. Periksa ejaannya, atau coba satu kata saja.",
    "Search finished, found one page matching the search query.": ["${resultCount} halaman cocok."],
  },
});
