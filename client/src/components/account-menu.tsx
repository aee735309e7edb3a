'use client';

import { useTranslations } from 'next-intl';
import dynamic from 'next/dynamic';
import Link from 'next/link';
import { usePathname } from 'next/navigation';
import { useUser } from '@/features/account/use-user';
import { buttonClass } from './ui/button';

/** Nobody needs it who is not signed in. */
const OwnMenu = dynamic(() => import('./own-menu').then((module) => module.OwnMenu), { ssr: false });

/** Sign in, or everything of one's own. */
export function AccountMenu() {
  const t = useTranslations('site');
  const { user } = useUser();
  const here = usePathname();
  if (user) return <OwnMenu user={user} />;
  const back = here === '/' || here.startsWith('/sign-') ? {} : { next: here };
  return (
    <Link href={{ pathname: '/sign-in', query: back }} className={buttonClass('secondary')}>
      {t('signIn')}
    </Link>
  );
}
