import type { Metadata } from 'next';
import { getTranslations } from 'next-intl/server';
import { SignInForm } from '@/features/account/sign-in-form';

export async function generateMetadata(): Promise<Metadata> {
  const t = await getTranslations('account');
  return { title: t('signIn'), robots: { index: false } };
}

export default async function SignInPage() {
  const t = await getTranslations('account');
  return (
    <div className="narrow max-w-md space-y-6">
      <h1 className="text-2xl font-bold">{t('signIn')}</h1>
      <SignInForm />
    </div>
  );
}
