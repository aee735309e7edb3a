'use client';

import { zodResolver } from '@hookform/resolvers/zod';
import { useTranslations } from 'next-intl';
import Link from 'next/link';
import { useState } from 'react';
import { useForm } from 'react-hook-form';
import type { z } from 'zod';
import { answered, api } from '@/api/client';
import { Button } from '@/components/ui/button';
import { Field } from '@/components/ui/field';
import { Notice } from '@/components/ui/notice';
import { showBesideFields, useFieldText } from '@/lib/use-form-problems';
import { useRefusalText } from '@/lib/use-refusal-text';
import { signInSchema } from './schema';
import { useEntrance } from './use-entrance';

type Values = z.infer<typeof signInSchema>;

export function SignInForm() {
  const t = useTranslations('account');
  const text = useFieldText();
  const explain = useRefusalText();
  const entrance = useEntrance();
  const [trouble, setTrouble] = useState<string>();
  const form = useForm<Values>({
    resolver: zodResolver(signInSchema),
    defaultValues: { email: '', password: '' },
  });
  const { errors, isSubmitting } = form.formState;

  const submit = form.handleSubmit(async (values) => {
    setTrouble(undefined);
    try {
      const { user } = await answered(api.POST('/api/users/sessions', { body: values }));
      await entrance.enter(user);
    } catch (error) {
      form.resetField('password');
      if (!showBesideFields(error, ['email', 'password'], form.setError)) setTrouble(explain(error));
    }
  });

  return (
    <form onSubmit={(event) => void submit(event)} noValidate className="card space-y-4 p-6">
      {trouble && <Notice tone="bad" title={trouble} />}
      <Field
        label={t('email')}
        type="email"
        autoComplete="username"
        error={text(errors.email)}
        {...form.register('email')}
      />
      <Field
        label={t('password')}
        type="password"
        autoComplete="current-password"
        error={text(errors.password)}
        {...form.register('password')}
      />
      <Button type="submit" className="w-full" disabled={isSubmitting} aria-busy={isSubmitting}>
        {t('signIn')}
      </Button>
      <p className="text-center text-sm">
        {t('newHere')}{' '}
        <Link className="link" href={{ pathname: '/sign-up', query: entrance.query }}>
          {t('signUp')}
        </Link>
      </p>
    </form>
  );
}
