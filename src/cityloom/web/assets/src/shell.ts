/** What a service worker answers with: the network, or what it kept when there is none. */

const PATIENCE_MS = 6000;

/** From the network; from what is kept when there is none, or when it lets people wait. */
export async function freshOr(cache: string, request: Request, kept: string): Promise<Response> {
  const found = await (await caches.open(cache)).match(kept);
  if (!found) return fetch(request);
  const patience = new Promise<Response>((resolve) => setTimeout(() => resolve(found.clone()), PATIENCE_MS));
  return Promise.race([fetch(request).catch(() => found.clone()), patience]);
}
