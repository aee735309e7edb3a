'use client';

import { type ComponentProps, type ReactNode, useId } from 'react';

interface Texts {
  label: ReactNode;
  hint?: ReactNode;
  error?: string | undefined;
}

/** What ties a control to its label and its words. */
interface Tied {
  id: string;
  className: string;
  'aria-invalid': true | undefined;
  'aria-describedby': string | undefined;
}

/** A text field with its label, what helps to fill it in, and what is wrong with it. */
export function Field({ label, hint, error, ...rest }: Texts & ComponentProps<'input'>) {
  return (
    <Labelled label={label} hint={hint} error={error}>
      {(tied) => <input {...tied} {...rest} />}
    </Labelled>
  );
}

/** A choice of one among several. */
export function Choice({ label, hint, error, ...rest }: Texts & ComponentProps<'select'>) {
  return (
    <Labelled label={label} hint={hint} error={error}>
      {(tied) => <select {...tied} {...rest} />}
    </Labelled>
  );
}

function Labelled({ label, hint, error, children }: Texts & { children: (tied: Tied) => ReactNode }) {
  const id = useId();
  return (
    <div className="space-y-1.5">
      <label htmlFor={id} className="block text-sm font-semibold">
        {label}
      </label>
      {children({
        id,
        className: 'input',
        'aria-invalid': error ? true : undefined,
        'aria-describedby': described(id, hint, error),
      })}
      <Words id={id} hint={hint} error={error} />
    </div>
  );
}

function Words({ id, hint, error }: { id: string; hint?: ReactNode; error?: string | undefined }) {
  return (
    <>
      {hint && (
        <p id={`${id}-hint`} className="text-sm text-muted">
          {hint}
        </p>
      )}
      {error && (
        <p id={`${id}-error`} role="alert" className="text-sm font-medium text-danger">
          {error}
        </p>
      )}
    </>
  );
}

function described(id: string, hint: ReactNode, error: string | undefined): string | undefined {
  const ids = [hint ? `${id}-hint` : undefined, error ? `${id}-error` : undefined].filter(Boolean);
  return ids.length > 0 ? ids.join(' ') : undefined;
}
