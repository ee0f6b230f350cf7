import { native } from "./binding.ts";
import { inspect, stringWidth } from "./inspect/inspect.ts";
import { isMap, isMapIterator, isSet, isSetIterator } from "./inspect/types.ts";
import { List } from "./list.ts";
import {
  ArrayIsArray,
  Map,
  MapPrototypeGet,
  MapPrototypeSet,
  MathMax,
  ObjectKeys,
  ObjectPrototypeHasOwnProperty,
  StringPrototypeRepeat,
} from "./primordials.ts";

const INDEX = "(index)";
const ITERATION_INDEX = "(iteration index)";
const KEY = "Key";
const VALUES = "Values";

interface Column {
  readonly title: string;
  /** By row; undefined where the row has nothing in this column. */
  readonly cells: List<string | undefined>;
}

/** What `console.table` prints, or undefined where the data is no table. */
export function renderTable(data: unknown, properties: readonly unknown[] | undefined): string | undefined {
  if (data === null || typeof data !== "object") return undefined;
  if (isMap(data) || isMapIterator(data) || isSet(data) || isSetIterator(data)) return renderEntries(data);
  return renderObject(data as Record<string, unknown>, properties);
}

function renderEntries(data: object): string {
  const preview = native.previewEntries(data)!;
  const entries = preview[0];
  const isKeyValue = preview[1];
  const index: Column = { title: ITERATION_INDEX, cells: new List() };
  const keys: Column = { title: KEY, cells: new List() };
  const values: Column = { title: VALUES, cells: new List() };
  const step = isKeyValue ? 2 : 1;
  for (let i = 0; i < entries.length; i += step) {
    index.cells.push(`${i / step}`);
    if (isKeyValue) keys.cells.push(formatCell(entries[i]));
    values.cells.push(formatCell(entries[i + step - 1]));
  }
  const columns = new List<Column>();
  columns.push(index);
  if (isKeyValue) columns.push(keys);
  columns.push(values);
  return draw(columns);
}

function renderObject(data: Record<string, unknown>, properties: readonly unknown[] | undefined): string {
  const columns = new List<Column>();
  const byTitle = new Map<string, Column>();
  const index: Column = { title: INDEX, cells: new List() };
  const values: Column = { title: VALUES, cells: new List() };
  let hasValues = false;
  columns.push(index);
  const columnOf = (title: string): Column => {
    let column = MapPrototypeGet(byTitle, title);
    if (column === undefined) {
      column = { title, cells: new List() };
      MapPrototypeSet(byTitle, title, column);
      columns.push(column);
    }
    return column;
  };
  const put = (column: Column, row: number, text: string): void => {
    while (column.cells.length < row) column.cells.push(undefined);
    column.cells.push(text);
  };

  const rows = ObjectKeys(data);
  for (let row = 0; row < rows.length; row++) {
    index.cells.push(rows[row]);
    const item = data[rows[row]!];
    const isPrimitive = item === null || (typeof item !== "object" && typeof item !== "function");
    if (isPrimitive && properties === undefined) {
      hasValues = true;
      put(values, row, formatCell(item));
      continue;
    }
    const keys = properties ?? ObjectKeys(item as object);
    for (let i = 0; i < keys.length; i++) {
      const key = `${keys[i]}`;
      const column = columnOf(key);
      if (isPrimitive || !ObjectPrototypeHasOwnProperty(item as object, key)) continue;
      put(column, row, formatCell((item as Record<string, unknown>)[key]));
    }
  }
  if (hasValues) columns.push(values);
  return draw(columns);
}

function formatCell(value: unknown): string {
  const isShallow = value !== null && typeof value === "object" && !ArrayIsArray(value) && ObjectKeys(value).length > 2;
  return inspect(value, { maxArrayLength: 3, breakLength: 1 / 0, depth: isShallow ? -1 : 0 });
}

function draw(columns: List<Column>): string {
  let height = 0;
  for (let i = 0; i < columns.length; i++) height = MathMax(height, columns.at(i).cells.length);
  const widths = new List<number>();
  for (let i = 0; i < columns.length; i++) {
    const { title, cells } = columns.at(i);
    let width = stringWidth(title);
    for (let row = 0; row < cells.length; row++) width = MathMax(width, stringWidth(cells.at(row) ?? ""));
    widths.push(width);
  }

  const rule = (left: string, middle: string, right: string): string => {
    let line = left;
    for (let i = 0; i < widths.length; i++) {
      line += (i === 0 ? "" : middle) + StringPrototypeRepeat("─", widths.at(i) + 2);
    }
    return line + right;
  };
  const line = (cellOf: (column: Column) => string): string => {
    let text = "│ ";
    for (let i = 0; i < columns.length; i++) {
      const cell = cellOf(columns.at(i));
      text += (i === 0 ? "" : " │ ") + cell + StringPrototypeRepeat(" ", widths.at(i) - stringWidth(cell));
    }
    return `${text} │`;
  };

  let table = `${rule("┌", "┬", "┐")}\n${line(({ title }) => title)}\n${rule("├", "┼", "┤")}\n`;
  for (let row = 0; row < height; row++) {
    table += `${line(({ cells }) => (row < cells.length ? cells.at(row) : undefined) ?? "")}\n`;
  }
  return table + rule("└", "┴", "┘");
}
