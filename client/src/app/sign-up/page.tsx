import type { Metadata } from 'next';
import { getTranslations } from 'next-intl/server';
import { SignUpForm } from '@/features/account/sign-up-form';

export async function generateMetadata(): Promise<Metadata> {
  const t = await getTranslations('account');
  return { title: t('signUp'), robots: { index: false } };
}

export default async function SignUpPage() {
  const t = await getTranslations('account');
  return (
    <div className="narrow max-w-md space-y-6">
      <h1 className="text-2xl font-bold">{t('signUp')}</h1>
      <SignUpForm />
    </div>
  );
}
