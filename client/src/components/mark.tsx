/** The stage door, with the light on. */
export function Mark() {
  return (
    <svg viewBox="0 0 32 32" aria-hidden className="size-8">
      <rect width="32" height="32" rx="7" fill="#7a1f5c" />
      <path d="M10 27V11a6 6 0 0 1 12 0v16z" fill="#ffd166" />
      <circle cx="19" cy="18.5" r="1.4" fill="#7a1f5c" />
    </svg>
  );
}
