// A list of objects (or CSV text) as a table, a hundred rows at a time.
import { useState } from "react";

const STEP = 100;
const MOST_COLUMNS = 60;

// Returns { columns, rows } where `value` can be read as a table, else null.
export function tableOf(value, mediaType) {
  if (typeof value === "string") {
    return mediaType.startsWith("text/csv") ? csv(value) : null;
  }
  if (!Array.isArray(value) || value.length === 0 || !value.every(isRecord)) return null;
  const columns = [];
  const seen = new Set();
  for (const row of value) {
    for (const key of Object.keys(row)) {
      if (!seen.has(key)) {
        seen.add(key);
        columns.push(key);
      }
    }
    if (columns.length > MOST_COLUMNS) return null;
  }
  return columns.length ? { columns, rows: value.map((row) => columns.map((key) => row[key])) } : null;
}

export function DataTable({ table }) {
  const [shown, show] = useState(STEP);
  const { columns, rows } = table;
  return (
    <>
      <table className="wb-data-table">
        <thead>
          <tr>
            <th className="wb-data-index" aria-label="Row" />
            {columns.map((name, index) => (
              <th key={index} scope="col">{name}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, shown).map((row, index) => (
            <tr key={index}>
              <td className="wb-data-index">{index + 1}</td>
              {row.map((cell, at) => (
                <Cell key={at} value={cell} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > shown ? (
        <button type="button" className="wb-more" onClick={() => show(shown + STEP)}>
          Show {Math.min(STEP, rows.length - shown)} more of {rows.length.toLocaleString()} rows
        </button>
      ) : null}
    </>
  );
}

function Cell({ value }) {
  const text = value === null || value === undefined ? "" : typeof value === "object" ? JSON.stringify(value) : String(value);
  return (
    <td className={typeof value === "number" ? "wb-data-number" : undefined} title={text.length > 40 ? text.slice(0, 2000) : undefined}>
      {text.slice(0, 300)}
    </td>
  );
}

const isRecord = (row) => row !== null && typeof row === "object" && !Array.isArray(row);

// RFC 4180: quoted fields may hold commas, line breaks and doubled quotes.
function csv(text) {
  const rows = [[]];
  let field = "";
  let quoted = false;
  const endField = () => {
    rows[rows.length - 1].push(field);
    field = "";
  };
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (quoted) {
      if (char !== '"') field += char;
      else if (text[at + 1] === '"') field += text[(at += 1)];
      else quoted = false;
    } else if (char === '"') quoted = true;
    else if (char === ",") endField();
    else if (char === "\n") {
      endField();
      rows.push([]);
    } else if (char !== "\r") field += char;
  }
  endField();
  const filled = rows.filter((row) => row.length > 1 || row[0] !== "");
  return filled.length ? { columns: filled[0], rows: filled.slice(1) } : null;
}
