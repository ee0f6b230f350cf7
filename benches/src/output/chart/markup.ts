/** Text as it stands in HTML or SVG, attribute values included. */
export function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

type Attributes = Readonly<Record<string, string | number>>;

/**
 * An element of HTML or SVG.
 *
 * @param content Markup, not text: what comes from elsewhere goes through {@link escapeText} first.
 */
export function element(name: string, attributes: Attributes, content = ""): string {
  const list = Object.entries(attributes).map(([key, value]) => ` ${key}="${escapeText(attribute(value))}"`);
  return `<${name}${list.join("")}>${content}</${name}>`;
}

/** A line of text in SVG. */
export function label(x: number, y: number, text: string, attributes: Attributes = {}): string {
  return element("text", { x, y, ...attributes }, escapeText(text));
}

/** What a pointer that rests on an element is shown. */
export function tooltip(text: string): string {
  return element("title", {}, escapeText(text));
}

function attribute(value: string | number): string {
  return typeof value === "number" ? String(Math.round(value * 100) / 100) : value;
}
