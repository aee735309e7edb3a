'use client';

import { useTranslations } from 'next-intl';
import { usePathname, useRouter } from 'next/navigation';
import { type ReactNode, useEffect } from 'react';
import { Notice } from '@/components/ui/notice';
import { SkeletonList } from '@/components/ui/skeleton';
import { useRefusalText } from '@/lib/use-refusal-text';
import { useUser } from './use-user';

/** Shows its children to whoever is signed in, and leads everybody else to the door and back. */
export function SignedIn({ children }: { children: ReactNode }) {
  const t = useTranslations('account');
  const { user, error } = useUser();
  const router = useRouter();
  const path = usePathname();
  const explain = useRefusalText();
  useEffect(() => {
    if (user === null) {
      const here = `${path}${window.location.search}`;
      router.replace(`/sign-in?next=${encodeURIComponent(here)}`);
    }
  }, [user, router, path]);
  if (error && !user) return <Notice tone="bad" title={explain(error)} />;
  if (!user) return <SkeletonList label={t('loading')} count={3} />;
  return children;
}
