import type { Metadata } from 'next';
import { getTranslations } from 'next-intl/server';
import { SignedIn } from '@/features/account/signed-in';
import { AccountPanel } from '@/features/account/account-panel';

export async function generateMetadata(): Promise<Metadata> {
  const t = await getTranslations('account');
  return { title: t('title'), robots: { index: false } };
}

export default async function AccountPage() {
  const t = await getTranslations('account');
  return (
    <div className="page max-w-2xl space-y-6">
      <h1 className="text-2xl font-bold">{t('title')}</h1>
      <SignedIn>
        <AccountPanel />
      </SignedIn>
    </div>
  );
}
