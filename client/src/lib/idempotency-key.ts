import { Refusal, UNREACHABLE } from '@/api/problem';

/** The key under which a wish is sent. */
export interface IdempotencyKey {
  /** The key of this wish; that of another wish is another one. */
  of: (wish: string) => string;
  /** The wish that nobody has answered yet. */
  unanswered: () => string | undefined;
  /** There was an answer, so that the same wish again is another one. */
  forget: () => void;
  /** Likewise if a refusal is an answer, and not silence. */
  forgetIfAnswered: (error: unknown) => void;
}

/** Keeps a key until somebody has answered, so that asking again after silence is asking once. */
export function idempotencyKey(): IdempotencyKey {
  let kept: { wish: string; key: string } | undefined;
  const forget = () => {
    kept = undefined;
  };
  return {
    of: (wish) => {
      if (kept?.wish !== wish) kept = { wish, key: crypto.randomUUID() };
      return kept.key;
    },
    unanswered: () => kept?.wish,
    forget,
    forgetIfAnswered: (error) => {
      if (error instanceof Refusal && error.code !== UNREACHABLE) forget();
    },
  };
}
