'use client';

import { zodResolver } from '@hookform/resolvers/zod';
import { useLocale, useTranslations } from 'next-intl';
import { useState } from 'react';
import { useForm } from 'react-hook-form';
import useSWR from 'swr';
import type { z } from 'zod';
import { type Session, type User, answered, api } from '@/api/client';
import { Refusal } from '@/api/problem';
import { Badge } from '@/components/ui/badge';
import { Button } from '@/components/ui/button';
import { Field } from '@/components/ui/field';
import { Notice } from '@/components/ui/notice';
import { SkeletonList } from '@/components/ui/skeleton';
import { showBesideFields, useFieldText } from '@/lib/use-form-problems';
import { useRefusalText } from '@/lib/use-refusal-text';
import { formatMoment } from '@/lib/when';
import { deviceOf } from './device';
import { nameSchema, passwordSchema } from './schema';
import { refreshUser, useUser } from './use-user';

const MOST_SESSIONS = 100;

/** Who one is here, one's password, and where one is signed in. */
export function AccountPanel() {
  const { user } = useUser();
  if (!user) return null;
  return (
    <div className="space-y-6">
      <Profile user={user} />
      <Password email={user.email} />
      <Sessions />
    </div>
  );
}

function Profile({ user }: { user: User }) {
  const t = useTranslations('account');
  const text = useFieldText();
  const explain = useRefusalText();
  const [outcome, setOutcome] = useState<{ tone: 'good' | 'bad'; title: string }>();
  const form = useForm<z.infer<typeof nameSchema>>({
    resolver: zodResolver(nameSchema),
    defaultValues: { name: user.name },
  });
  const submit = form.handleSubmit(async (body) => {
    try {
      await answered(api.PATCH('/api/users/me', { body }));
      await refreshUser();
      setOutcome({ tone: 'good', title: t('saved') });
    } catch (error) {
      if (!showBesideFields(error, ['name'], form.setError))
        setOutcome({ tone: 'bad', title: explain(error) });
    }
  });
  return (
    <form onSubmit={(event) => void submit(event)} noValidate className="card space-y-4 p-5">
      <h2 className="text-lg font-semibold">{t('profile')}</h2>
      <p className="text-sm">
        <span className="text-muted">{t('email')}:</span> {user.email}
      </p>
      <Field
        label={t('name')}
        autoComplete="name"
        error={text(form.formState.errors.name)}
        {...form.register('name')}
      />
      {outcome && <Notice {...outcome} />}
      <Button type="submit" look="secondary" disabled={form.formState.isSubmitting}>
        {t('save')}
      </Button>
    </form>
  );
}

function Password({ email }: { email: string }) {
  const t = useTranslations('account');
  const text = useFieldText();
  const explain = useRefusalText();
  const [outcome, setOutcome] = useState<{ tone: 'good' | 'bad'; title: string }>();
  const form = useForm<z.infer<typeof passwordSchema>>({
    resolver: zodResolver(passwordSchema),
    defaultValues: { currentPassword: '', newPassword: '' },
  });
  const { errors, isSubmitting } = form.formState;
  const submit = form.handleSubmit(async (body) => {
    setOutcome(undefined);
    try {
      await answered(api.PUT('/api/users/me/password', { body }));
      form.reset();
      setOutcome({ tone: 'good', title: t('passwordChanged') });
    } catch (error) {
      if (error instanceof Refusal && error.code === 'wrong_password') {
        form.setError('currentPassword', { type: 'server', message: explain(error) }, { shouldFocus: true });
      } else if (!showBesideFields(error, ['currentPassword', 'newPassword'], form.setError)) {
        setOutcome({ tone: 'bad', title: explain(error) });
      }
    }
  });
  return (
    <form onSubmit={(event) => void submit(event)} noValidate className="card space-y-4 p-5">
      <h2 className="text-lg font-semibold">{t('passwordTitle')}</h2>
      {/* Password managers want to know whose password it is. */}
      <input type="hidden" autoComplete="username" value={email} readOnly />
      <Field
        label={t('currentPassword')}
        type="password"
        autoComplete="current-password"
        error={text(errors.currentPassword)}
        {...form.register('currentPassword')}
      />
      <Field
        label={t('newPassword')}
        hint={t('passwordHint')}
        type="password"
        autoComplete="new-password"
        error={text(errors.newPassword)}
        {...form.register('newPassword')}
      />
      {outcome && <Notice {...outcome} />}
      <Button type="submit" look="secondary" disabled={isSubmitting} aria-busy={isSubmitting}>
        {t('changePassword')}
      </Button>
    </form>
  );
}

function Sessions() {
  const t = useTranslations('account');
  const locale = useLocale();
  const explain = useRefusalText();
  const [trouble, setTrouble] = useState<string>();
  const { data, error, mutate } = useSWR<Session[], unknown>('sessions', async () => {
    const query = { limit: MOST_SESSIONS };
    return (await answered(api.GET('/api/users/sessions', { params: { query } }))).items;
  });
  const end = async (request: Promise<{ data?: undefined; error?: unknown; response: Response }>) => {
    try {
      setTrouble(undefined);
      await answered(request);
    } catch (refusal) {
      setTrouble(explain(refusal));
    }
    await mutate();
  };
  if (error && !data) return <Notice tone="bad" title={explain(error)} />;
  if (!data) return <SkeletonList label={t('loading')} count={2} />;
  return (
    <section aria-labelledby="sessions" className="card space-y-4 p-5">
      <h2 id="sessions" className="text-lg font-semibold">
        {t('sessions')}
      </h2>
      {trouble && <Notice tone="bad" title={trouble} />}
      <ul className="divide-y divide-line">
        {data.map((session) => (
          <li key={session.id} className="flex flex-wrap items-center justify-between gap-3 py-3">
            <span className="min-w-0">
              <span className="block truncate">
                {session.userAgent ? deviceOf(session.userAgent) : t('unknownDevice')}
              </span>
              <span className="text-sm text-muted">
                {t('lastUsed', { when: formatMoment(session.lastUsedAt, locale) })}
              </span>
            </span>
            {session.current ? (
              <Badge tone="accent">{t('thisSession')}</Badge>
            ) : (
              <Button
                look="secondary"
                onClick={() =>
                  void end(api.DELETE('/api/users/sessions/{id}', { params: { path: { id: session.id } } }))
                }
              >
                {t('signOutThere')}
              </Button>
            )}
          </li>
        ))}
      </ul>
      {data.length > 1 && (
        <Button look="danger" onClick={() => void end(api.DELETE('/api/users/sessions'))}>
          {t('signOutElsewhere')}
        </Button>
      )}
    </section>
  );
}
