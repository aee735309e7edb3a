/** The languages that there are texts for: the files in `messages/`. The first one is the default. */
export const LOCALES = ['en', 'de'] as const;
export type Locale = (typeof LOCALES)[number];

/** The cookie that remembers which language somebody chose. */
export const LOCALE_COOKIE = 'locale';

export function isLocale(text: string | undefined): text is Locale {
  return LOCALES.some((locale) => locale === text);
}

/** The language that a browser asks for first among those that there are. */
export function negotiate(acceptLanguage: string | null): Locale {
  const wanted = (acceptLanguage ?? '')
    .split(',')
    .map((part) => {
      const [tag = '', ...parameters] = part.trim().split(';');
      const quality = parameters.map((text) => /^\s*q=([0-9.]+)$/.exec(text)?.[1]).find(Boolean);
      return { language: tag.split('-')[0]?.toLowerCase(), quality: quality ? Number(quality) : 1 };
    })
    .sort((one, other) => other.quality - one.quality);
  return wanted.map(({ language }) => language).find(isLocale) ?? LOCALES[0];
}
