// The fields of single values. What is typed is kept as text, so that half a number is not taken away.
import { useEffect, useId, useRef, useState } from "react";
import { Paperclip, Undo2, X } from "lucide-react";
import { isFile, isNumber, placeOf, titleOf } from "./data_schema.js";

const HTML_TYPES = { date: "date", time: "time", email: "email", url: "url", password: "password", moment: "datetime-local" };

export function Leaf(props) {
  const { schema, kind, value, name, required, pointer, context, top, bare } = props;
  const id = useId();
  const said = saidOf(context.said, pointer, kind === "json" || kind === "file");
  const was = context.was[pointer]?.[0];
  const Input = { switch: Switch, select: Select, many: Many, long: Area, json: Json, file: FileField }[kind] ?? Text;
  const label = titleOf(schema, name);
  return (
    <div className="wb-field wb-data-field" data-pointer={pointer} data-changed={was ? was.kind : undefined}>
      {kind === "switch" || bare ? null : (
        <label htmlFor={id} className={top ? "wb-sr" : "wb-field-label"}>
          {label}
          {required ? null : <span className="wb-field-optional">optional</span>}
        </label>
      )}
      <Input {...props} id={id} label={label} invalid={said.length > 0} />
      {schema.description && !bare ? <p className="wb-field-hint">{schema.description}</p> : null}
      {said.map((text) => (
        <p key={text} role="alert" className="wb-field-error">{text}</p>
      ))}
      {was ? <Was change={was} onChange={props.onChange} onRemove={props.onRemove} label={label} /> : null}
    </div>
  );
}

/* The value of before, and the way back to it. */
function Was({ change, onChange, onRemove, label }) {
  const added = change.kind === "added";
  const back = () => (added ? onRemove?.() : onChange(JSON.parse(change.before), "pressed"));
  return (
    <p className="wb-data-was">
      {added ? "Added" : <>was <code>{change.before_short}</code></>}
      {added ? !onRemove : !change.whole ? null : (
        <button type="button" className="wb-icon-button" aria-label={`Put ${label} back`} title="Put it back" onClick={back}>
          <Undo2 size={14} strokeWidth={1.75} />
        </button>
      )}
    </p>
  );
}

function Text({ kind, value, schema, context, id, invalid, label, required, onChange, bare }) {
  const numeric = kind === "number" || kind === "integer";
  const [text, setText] = useText(value, kind);
  const type = (event) => {
    setText(event.target.value);
    onChange(read(event.target.value, { kind, numeric, required, context, schema }));
  };
  return (
    <input
      id={id}
      className="wb-input"
      type={HTML_TYPES[kind] ?? "text"}
      inputMode={numeric ? "decimal" : undefined}
      step={kind === "moment" || kind === "time" ? 1 : undefined}
      value={text}
      placeholder={placeholder(schema)}
      autoComplete="off"
      aria-label={bare ? label : undefined}
      aria-invalid={invalid}
      data-first-field
      onChange={type}
    />
  );
}

function Area({ kind, value, schema, context, id, invalid, label, required, onChange, bare }) {
  const [text, setText] = useText(value, kind);
  const rows = Math.min(16, Math.max(3, Math.ceil(text.length / 80), text.split("\n").length));
  return (
    <textarea
      id={id}
      className="wb-input wb-input-long"
      rows={rows}
      value={text}
      placeholder={placeholder(schema)}
      aria-label={bare ? label : undefined}
      aria-invalid={invalid}
      data-first-field
      onChange={(event) => {
        setText(event.target.value);
        onChange(read(event.target.value, { kind, required, context, schema }));
      }}
    />
  );
}

function Switch({ value, id, label, invalid, onChange }) {
  return (
    <label className="wb-field-switch">
      <input
        id={id}
        type="checkbox"
        className="wb-data-check"
        checked={value === true}
        aria-invalid={invalid}
        data-first-field
        onChange={(event) => onChange(event.target.checked, "pressed")}
      />
      <span>{label}</span>
    </label>
  );
}

function Select({ value, schema, id, invalid, label, required, onChange, bare }) {
  const options = schema.enum ?? [schema.const];
  const words = schema.enumNames ?? schema.words ?? [];
  const at = placeOf(options, value);
  return (
    <select
      id={id}
      className="wb-input wb-select"
      value={at < 0 ? "" : String(at)}
      aria-label={bare ? label : undefined}
      aria-invalid={invalid}
      data-first-field
      onChange={(event) => onChange(event.target.value === "" ? undefined : options[Number(event.target.value)], "pressed")}
    >
      {at < 0 || !required ? <option value="">{required ? "Choose …" : "None"}</option> : null}
      {options.map((one, index) => (
        <option key={index} value={String(index)}>
          {words[index] ?? (typeof one === "string" ? one : JSON.stringify(one))}
        </option>
      ))}
    </select>
  );
}

function Many({ value, schema, id, label, required, onChange }) {
  const options = schema.items.enum;
  const words = schema.items.enumNames ?? schema.items.words ?? [];
  const chosen = Array.isArray(value) ? value : [];
  const turn = (option) => {
    const next = options.filter((one) => (one === option) !== (placeOf(chosen, one) >= 0));
    onChange(next.length || required ? next : undefined, "pressed");
  };
  return (
    <div role="group" aria-label={label} className="wb-options">
      {options.map((one, index) => (
        <label key={index} className="wb-option">
          <input
            id={index === 0 ? id : undefined}
            type="checkbox"
            className="wb-data-check"
            checked={placeOf(chosen, one) >= 0}
            data-first-field={index === 0 || undefined}
            onChange={() => turn(one)}
          />
          <span>{words[index] ?? (typeof one === "string" ? one : JSON.stringify(one))}</span>
        </label>
      ))}
    </div>
  );
}

function Json({ value, id, label, invalid, onChange, bare }) {
  const [text, setText] = useState(() => (value === undefined ? "" : JSON.stringify(value, null, 2)));
  const [wrong, setWrong] = useState("");
  const type = (event) => {
    setText(event.target.value);
    try {
      onChange(event.target.value.trim() === "" ? undefined : JSON.parse(event.target.value));
      setWrong("");
    } catch {
      setWrong("This is no JSON yet.");
    }
  };
  return (
    <>
      <textarea
        id={id}
        className="wb-input wb-input-data"
        rows={Math.min(16, Math.max(2, text.split("\n").length))}
        value={text}
        placeholder="JSON"
        spellCheck={false}
        aria-label={bare ? label : undefined}
        aria-invalid={invalid || wrong !== ""}
        data-first-field
        onChange={type}
      />
      {wrong ? <p className="wb-field-error">{wrong}</p> : null}
    </>
  );
}

function FileField({ value, schema, id, context, invalid, onChange, onRemove }) {
  const input = useRef(null);
  const [state, setState] = useState("");
  const put = async (event) => {
    const file = event.target.files?.[0];
    if (!file) return;
    if (file.size > (schema.maxBytes ?? Infinity)) {
      setState(`${file.name} is larger than ${(schema.maxBytes / 1e6).toLocaleString()} MB.`);
      return;
    }
    setState(`Uploading ${file.name} …`);
    const { value: put, error } = await upload(context.files, file);
    setState(error);
    if (put) onChange(put, "pressed");
    if (input.current) input.current.value = "";
  };
  return (
    <div className="wb-data-file">
      {isFile(value) ? (
        <span className="wb-data-file-name">
          <Paperclip size={14} strokeWidth={1.75} />
          {context.files ? (
            <a href={`${context.files}/${value.$artifact.replace("sha256:", "")}`} download>{value.name || "File"}</a>
          ) : value.name || "File"}
          <span className="wb-field-optional">{value.media_type}</span>
          {onRemove ? (
            <button type="button" className="wb-icon-button" title="Take it away" aria-label="Take the file away" onClick={onRemove}>
              <X size={14} strokeWidth={1.75} />
            </button>
          ) : null}
        </span>
      ) : null}
      {context.files ? (
        <input ref={input} id={id} type="file" accept={[schema.accept].flat().filter(Boolean).join(",") || schema.contentMediaType} aria-invalid={invalid} onChange={put} data-first-field />
      ) : null}
      {state ? <p role="status" className="wb-field-hint">{state}</p> : null}
    </div>
  );
}

/* Puts a file to the task; gives what stands for it, or why that could not be. */
export async function upload(address, file) {
  try {
    const answer = await fetch(`${address}?name=${encodeURIComponent(file.name)}`, {
      method: "POST",
      headers: { "Content-Type": file.type || "application/octet-stream" },
      body: file,
    });
    const said = await answer.json();
    return answer.ok ? { value: said, error: "" } : { error: said.detail ?? "The file was not taken." };
  } catch {
    return { error: "The file could not be sent. Try it again." };
  }
}

/* What is typed, until somebody else changes the value: then that. */
function useText(value, kind) {
  const [text, setText] = useState(() => shown(value, kind));
  const known = useRef(value);
  useEffect(() => {
    const typed = read(text, { kind, numeric: kind === "number" || kind === "integer" });
    if (known.current !== value && JSON.stringify(typed) !== JSON.stringify(value)) setText(shown(value, kind));
    known.current = value;
  }, [value]);
  return [text, setText];
}

function shown(value, kind) {
  if (value === undefined || value === null) return "";
  if (kind === "moment") return local(value);
  if (isNumber(value)) return value.$number;
  return typeof value === "string" ? value : JSON.stringify(value);
}

function read(text, { kind, numeric, required, context }) {
  if (text === "") return numeric || kind === "moment" || !required || context?.blank === "missing" ? undefined : "";
  if (kind === "moment") {
    const at = new Date(text);
    return Number.isNaN(at.valueOf()) ? text : at.toISOString();
  }
  if (!numeric) return text;
  const number = Number(text);
  if (text.trim() === "" || !Number.isFinite(number)) return text;
  return Math.abs(number) > Number.MAX_SAFE_INTEGER && /^[+-]?\d+$/.test(text.trim()) ? { $number: text.trim() } : number;
}

function local(value) {
  const at = new Date(value);
  if (Number.isNaN(at.valueOf())) return "";
  return new Date(at.valueOf() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}

function placeholder(schema) {
  const example = schema.examples?.[0];
  return example === undefined ? undefined : typeof example === "string" ? example : JSON.stringify(example);
}

/* The problems of a value; of one that is edited as a whole, also those of its parts. */
function saidOf(said, pointer, whole) {
  const own = (said[pointer] ?? []).map((one) => one.message);
  if (!whole) return own;
  const inside = Object.entries(said).filter(([at]) => at.startsWith(`${pointer}/`));
  return [...own, ...inside.flatMap(([at, list]) => list.map((one) => `${at.slice(pointer.length + 1)}: ${one.message}`))];
}
