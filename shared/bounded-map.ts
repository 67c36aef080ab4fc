/** Makes an entry the newest one of a map, and forgets the oldest beyond `maxEntries`. Whatever a peer can make grow is kept this way. */
export function setNewest<Key, Value>(map: Map<Key, Value>, key: Key, value: Value, maxEntries: number): void {
  map.delete(key);
  map.set(key, value);
  for (const oldest of map.keys()) {
    if (map.size <= maxEntries) break;
    map.delete(oldest);
  }
}
