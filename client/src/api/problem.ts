import type { components } from './schema';

type ProblemBody = components['schemas']['ProblemBody'];

/** What a request came to nothing for: the problem document, or that nobody answered. */
export class Refusal extends Error {
  readonly code: string;
  readonly status: number;
  /** What is wrong with each field, by its JSON pointer. */
  readonly errors: ReadonlyMap<string, string>;
  readonly retryAfterSecs: number | undefined;

  constructor(problem: Partial<ProblemBody> & { status: number; code: string }, retryAfterSecs?: number) {
    super(problem.detail ?? problem.code);
    this.name = 'Refusal';
    this.code = problem.code;
    this.status = problem.status;
    this.errors = new Map((problem.errors ?? []).map(({ pointer, detail }) => [pointer, detail]));
    this.retryAfterSecs = retryAfterSecs;
  }
}

/** Nobody answered: the way there is broken, or a server is down. Nothing is known of what came of it. */
export const UNREACHABLE = 'unreachable';

/** What an answer says that is no success. */
export function refusalOf(response: Response, body: unknown): Refusal {
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN);
  const retryAfterSecs = Number.isFinite(retryAfter) ? retryAfter : undefined;
  const problem = body as Partial<ProblemBody> | undefined;
  const code =
    typeof problem?.code === 'string' ? problem.code : response.status >= 500 ? 'unavailable' : 'unknown';
  return new Refusal({ ...problem, code, status: response.status }, retryAfterSecs);
}

/** The answer of a request, or a thrown {@link Refusal}. */
export async function answered<T>(
  request: Promise<{ data?: T; error?: unknown; response: Response }>,
): Promise<T> {
  let result;
  try {
    result = await request;
  } catch (cause) {
    if (cause instanceof Refusal) throw cause;
    throw new Refusal({ code: UNREACHABLE, status: 0 });
  }
  if (!result.response.ok) throw refusalOf(result.response, result.error);
  return result.data as T;
}
