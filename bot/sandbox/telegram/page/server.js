// The people's side of the sandbox over HTTP, and its stream of changes.

async function answer(response) {
  const body = await response.json();
  if (!response.ok) throw new Error(body.error ?? response.statusText);
  return body;
}

export const get = (what, query = {}) => fetch(`/sandbox/${what}?${new URLSearchParams(query)}`).then(answer);

export const post = (what, body) =>
  fetch(`/sandbox/${what}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }).then(answer);

/** Follow all changes a user can see; returns a function that stops. */
export function follow(userId, since, onChange, onStatus) {
  const source = new EventSource(`/sandbox/stream?${new URLSearchParams({ user_id: userId, since })}`);
  source.onopen = () => onStatus(true);
  source.onerror = () => onStatus(false);
  source.onmessage = (event) => onChange(JSON.parse(event.data));
  return () => source.close();
}
