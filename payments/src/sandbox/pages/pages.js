// What the pages of the gateway have in common: the shop says in the address which language and theme it has.

/** Puts the texts of the wanted language into the page, and gives them back. */
function dress(languages) {
  const wanted = new URLSearchParams(location.search);
  const locale = wanted.get('locale') === 'de' ? 'de' : 'en';
  const texts = languages[locale];
  document.documentElement.lang = locale;
  document.documentElement.dataset.theme = wanted.get('theme') === 'dark' ? 'dark' : 'light';
  document.title = texts.title;
  for (const element of document.querySelectorAll('[data-text]')) element.textContent = texts[element.dataset.text];
  return texts;
}
