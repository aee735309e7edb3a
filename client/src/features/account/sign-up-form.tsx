'use client';

import { zodResolver } from '@hookform/resolvers/zod';
import { useTranslations } from 'next-intl';
import Link from 'next/link';
import { useState } from 'react';
import { useForm } from 'react-hook-form';
import type { z } from 'zod';
import { answered, api } from '@/api/client';
import { Refusal } from '@/api/problem';
import { Button } from '@/components/ui/button';
import { Field } from '@/components/ui/field';
import { Notice } from '@/components/ui/notice';
import { showBesideFields, useFieldText } from '@/lib/use-form-problems';
import { useRefusalText } from '@/lib/use-refusal-text';
import { signUpSchema } from './schema';
import { useEntrance } from './use-entrance';

type Values = z.infer<typeof signUpSchema>;

export function SignUpForm() {
  const t = useTranslations('account');
  const text = useFieldText();
  const explain = useRefusalText();
  const entrance = useEntrance();
  const [trouble, setTrouble] = useState<string>();
  const form = useForm<Values>({
    resolver: zodResolver(signUpSchema),
    defaultValues: { name: '', email: '', password: '' },
  });
  const { errors, isSubmitting } = form.formState;

  const submit = form.handleSubmit(async (values) => {
    setTrouble(undefined);
    try {
      const { user } = await answered(api.POST('/api/users', { body: values }));
      await entrance.enter(user);
    } catch (error) {
      if (error instanceof Refusal && error.code === 'email_taken') {
        form.setError('email', { type: 'server', message: explain(error) }, { shouldFocus: true });
      } else if (!showBesideFields(error, ['name', 'email', 'password'], form.setError)) {
        setTrouble(explain(error));
      }
    }
  });

  return (
    <form onSubmit={(event) => void submit(event)} noValidate className="card space-y-4 p-6">
      {trouble && <Notice tone="bad" title={trouble} />}
      <Field label={t('name')} autoComplete="name" error={text(errors.name)} {...form.register('name')} />
      <Field
        label={t('email')}
        type="email"
        autoComplete="username"
        error={text(errors.email)}
        {...form.register('email')}
      />
      <Field
        label={t('password')}
        hint={t('passwordHint')}
        type="password"
        autoComplete="new-password"
        error={text(errors.password)}
        {...form.register('password')}
      />
      <Button type="submit" className="w-full" disabled={isSubmitting} aria-busy={isSubmitting}>
        {t('signUp')}
      </Button>
      <p className="text-center text-sm">
        {t('knownHere')}{' '}
        <Link className="link" href={{ pathname: '/sign-in', query: entrance.query }}>
          {t('signIn')}
        </Link>
      </p>
    </form>
  );
}
