import type { Messages } from 'next-intl';
import { getRequestConfig } from 'next-intl/server';
import { cookies, headers } from 'next/headers';
import { LOCALE_COOKIE, isLocale, negotiate } from './locales';

export default getRequestConfig(async () => {
  const chosen = (await cookies()).get(LOCALE_COOKIE)?.value;
  const locale = isLocale(chosen) ? chosen : negotiate((await headers()).get('accept-language'));
  const { default: messages } = (await import(`../../messages/${locale}.json`)) as { default: Messages };
  return { locale, messages, timeZone: 'UTC' };
});
