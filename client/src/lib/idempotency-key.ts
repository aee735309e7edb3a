import { Refusal } from '@/api/problem';

/** From here on an answer does not say what came of the request: it may have been done. */
const SERVER_ERROR = 500;

/** The key under which a wish is sent. */
export interface IdempotencyKey {
  /** The key of this wish; that of another wish is another one. */
  of: (wish: string) => string;
  /** The wish that nobody has answered yet. */
  unanswered: () => string | undefined;
  /** There was an answer, so that the same wish again is another one. */
  forget: () => void;
  /** Likewise if a refusal says what came of it: silence does not, nor does a server that failed. */
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
      if (error instanceof Refusal && error.status > 0 && error.status < SERVER_ERROR) forget();
    },
  };
}
