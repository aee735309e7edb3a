// The gateway's card form, in a frame of the shop's page. The number leaves this page for the gateway
// alone; the shop is told a token.

const TEXTS = {
  de: {
    title: 'Kartendaten',
    number: 'Kartennummer',
    expiry: 'Gültig bis (MM/JJ)',
    cvc: 'Prüfziffer',
    note: 'Sandbox: Es fließt kein Geld. 4242 4242 4242 4242 funktioniert.',
    invalid_number: 'Diese Kartennummer stimmt nicht.',
    invalid_expiry: 'Monat und Jahr, zum Beispiel 12/30.',
    invalid_cvc: 'Drei oder vier Ziffern.',
  },
  en: {
    title: 'Card details',
    number: 'Card number',
    expiry: 'Valid until (MM/YY)',
    cvc: 'Security code',
    note: 'Sandbox: no money moves. 4242 4242 4242 4242 works.',
    invalid_number: 'This card number is not valid.',
    invalid_expiry: 'Month and year, for example 12/30.',
    invalid_cvc: 'Three or four digits.',
  },
};

const texts = dress(TEXTS);
const form = document.getElementById('card');
const field = (name) => document.getElementById(name);

function tell(message) {
  window.parent.postMessage(message, location.origin);
}

function mark(name, code) {
  field(name).setAttribute('aria-invalid', String(code !== undefined));
  field(`${name}-error`).textContent = code === undefined ? '' : texts[code];
}

// What was typed; undefined after having said what is wrong with it.
function card() {
  const number = field('number').value.replace(/[\s-]/g, '');
  const expiry = /^\s*(\d{1,2})\s*\/\s*(?:20)?(\d{2})\s*$/.exec(field('expiry').value);
  const month = expiry ? Number(expiry[1]) : 0;
  const cvc = field('cvc').value.trim();
  const wrong = {
    number: /^\d{12,19}$/.test(number) && passesLuhn(number) ? undefined : 'invalid_number',
    expiry: month >= 1 && month <= 12 ? undefined : 'invalid_expiry',
    cvc: /^\d{3,4}$/.test(cvc) ? undefined : 'invalid_cvc',
  };
  for (const [name, code] of Object.entries(wrong)) mark(name, code);
  const first = Object.keys(wrong).find((name) => wrong[name] !== undefined);
  if (first) {
    field(first).focus();
    return undefined;
  }
  return { number, expMonth: month, expYear: 2000 + Number(expiry[2]), cvc };
}

function passesLuhn(number) {
  const sum = [...number].reverse().reduce((total, digit, index) => {
    const value = Number(digit) * (index % 2 === 1 ? 2 : 1);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return sum % 10 === 0;
}

let isBusy = false;

async function tokenize() {
  if (isBusy) return;
  const typed = card();
  if (!typed) {
    tell({ type: 'card.invalid' });
    return;
  }
  isBusy = true;
  try {
    const answer = await fetch('tokens', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(typed),
      signal: AbortSignal.timeout(10_000),
    });
    const body = await answer.json();
    if (answer.ok) {
      tell({ type: 'card.token', token: body.token });
    } else if (typeof body.code === 'string' && body.code in texts) {
      mark(body.code.replace('invalid_', ''), body.code);
      tell({ type: 'card.invalid' });
    } else {
      tell({ type: 'card.unavailable' });
    }
  } catch {
    tell({ type: 'card.unavailable' });
  } finally {
    isBusy = false;
  }
}

// Groups of four, as on the card.
field('number').addEventListener('input', (event) => {
  const digits = event.target.value.replace(/\D/g, '').slice(0, 19);
  event.target.value = digits.replace(/(\d{4})(?=\d)/g, '$1 ');
});
field('expiry').addEventListener('input', (event) => {
  if (event.inputType?.startsWith('delete')) return;
  const digits = event.target.value.replace(/\D/g, '').slice(0, 4);
  if (digits.length >= 2) event.target.value = `${digits.slice(0, 2)}/${digits.slice(2)}`;
});
form.addEventListener('submit', (event) => {
  event.preventDefault();
  void tokenize();
});
window.addEventListener('message', (event) => {
  if (event.source === window.parent && event.origin === location.origin && event.data?.type === 'card.submit') {
    void tokenize();
  }
});
tell({ type: 'card.ready' });
