/** What the server told this page in its <meta> tags; an empty text where it said nothing. */
export function meta(name: string): string {
  return document.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content ?? "";
}

/** Make an element with attributes and children; texts are never parsed as HTML. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, string> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** The one element of an island that carries `data-part="name"`. */
export function part<T extends HTMLElement = HTMLElement>(island: HTMLElement, name: string): T {
  return island.querySelector<T>(`[data-part="${name}"]`)!;
}
