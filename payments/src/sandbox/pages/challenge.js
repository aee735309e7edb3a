// The bank's page for 3-D Secure: the owner of the card says whether the payment is wanted.

const TEXTS = {
  de: {
    title: 'Sandbox-Bank',
    question: 'Haben Sie diese Zahlung veranlasst?',
    yes: 'Ja, das war ich',
    no: 'Nein, ablehnen',
    trouble: 'Die Bank ist gerade nicht erreichbar. Bitte versuchen Sie es noch einmal.',
  },
  en: {
    title: 'Sandbox bank',
    question: 'Did you order this payment?',
    yes: 'Yes, it was me',
    no: 'No, refuse it',
    trouble: 'The bank does not answer just now. Please try again.',
  },
};

const texts = dress(TEXTS);
const buttons = [...document.querySelectorAll('button')];

async function decide(outcome) {
  for (const button of buttons) button.disabled = true;
  const answer = await fetch(location.pathname, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ outcome }),
    signal: AbortSignal.timeout(10_000),
  }).catch(() => undefined);
  // Whoever decided before, or let the hold run out, has nothing left to decide.
  if (answer && (answer.ok || answer.status === 409)) {
    window.parent.postMessage({ type: 'challenge.done' }, location.origin);
    return;
  }
  document.getElementById('trouble').textContent = texts.trouble;
  for (const button of buttons) button.disabled = false;
}

for (const button of buttons) button.addEventListener('click', () => void decide(button.dataset.outcome));
