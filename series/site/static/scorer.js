// The order of search results. Sphinx finds them; searchweights.js says how much a page is about each word of the query.
var Scorer = {
  objNameMatch: 11, objPartialMatch: 6, objPrio: {}, objPrioDefault: 0,
  title: 15, partialTitle: 7, term: 5, partialTerm: 2,
  score: ([page, , , , sphinxScore, , kind]) => {
    const query = new URLSearchParams(window.location.search).get("q") ?? "";
    const stems = [...Search._parseQuery(query)[1]];
    const about = stems.reduce((sum, stem) => sum + (searchWeights.get(stem)?.[searchPages[page]] ?? 0), 0);
    // a lesson's heading that holds the whole query goes before its page; else Sphinx's score only orders what is equal
    return about + sphinxScore / (kind === SearchResultKind.title && page.startsWith("lessons/") ? 10 : 100);
  },
};
