// Keeps what a ticket holder needs at the door where there is no network: the pages of one's own orders and
// what they show. Everything else always comes from the network.

const KEPT = 'stagedoor-orders-v1';
const MOST_KEPT = 200;

const isNeededAtTheDoor = (url) =>
    /^\/orders(\/|$)/.test(url.pathname) ||
    /^\/api\/(orders|passes|shows|listings)\/[0-9a-f-]+$/.test(url.pathname) ||
    (url.pathname === '/api/passes' && url.searchParams.has('orderId')) ||
    url.pathname === '/api/users/me' ||
    url.pathname.startsWith('/_next/static/');

async function fromNetworkOrKept(request) {
    const kept = await caches.open(KEPT);
    try {
        const response = await fetch(request);
        if (response.ok) await kept.put(request, response.clone());
        // Who is not signed in any more has nothing kept either.
        if (response.status === 401) await caches.delete(KEPT);
        return response;
    } catch (error) {
        const known = await kept.match(request, { ignoreVary: true });
        if (known) return known;
        throw error;
    }
}

async function forgetOldest() {
    const kept = await caches.open(KEPT);
    const requests = await kept.keys();
    await Promise.all(
        requests.slice(0, Math.max(0, requests.length - MOST_KEPT)).map((request) => kept.delete(request)),
    );
}

self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim().then(forgetOldest)));
self.addEventListener('fetch', (event) => {
    const url = new URL(event.request.url);
    if (event.request.method !== 'GET' || url.origin !== self.location.origin || !isNeededAtTheDoor(url))
        return;
    event.respondWith(fromNetworkOrKept(event.request));
});
self.addEventListener('message', (event) => {
    if (event.data === 'forget') event.waitUntil(caches.delete(KEPT));
});
