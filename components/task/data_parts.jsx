// Objects and lists in the form: their parts below a line, lists with a way to add, remove and move.
import { useState } from "react";
import { ArrowDown, ArrowUp, Plus, X } from "lucide-react";
import { blankOf, isObject, kindOf, member, resolve, titleOf } from "./data_schema.js";
import { Node } from "./data_form.jsx";

const STEP = 30;

export function Group({ schema, context, value, pointer, name, required, top, bare, onChange, onRemove }) {
  const missing = value === undefined || value === null;
  const entries = entriesOf(schema, value);
  const [shown, show] = useState(STEP);
  const needed = new Set(schema.required ?? []);
  const set = (key, part, at) => onChange(withPart(value, key, part), at);
  const body = missing && !top && !required ? (
    <Add label={`Add ${titleOf(schema, name).toLowerCase()}`} onClick={() => onChange(blankOf(schema, context.root) ?? {}, "pressed")} />
  ) : (
    <>
      {entries.slice(0, shown).map(([key, part]) => (
        <Node
          key={key}
          schema={part}
          context={context}
          value={isObject(value) ? value[key] : undefined}
          pointer={member(pointer, key)}
          name={key}
          required={needed.has(key)}
          onChange={(next, at) => set(key, next, at)}
          onRemove={() => set(key, undefined, "pressed")}
        />
      ))}
      {entries.length > shown ? <More left={entries.length - shown} of="fields" onClick={() => show(shown + STEP)} /> : null}
      {entries.length === 0 ? <p className="wb-field-hint">No fields. Use JSON to add some.</p> : null}
    </>
  );
  if (top || bare) return <div className="wb-data-group" data-pointer={pointer}><Said context={context} pointer={pointer} />{body}</div>;
  return (
    <fieldset className="wb-data-group wb-data-inner" data-pointer={pointer} data-changed={context.was[pointer]?.[0]?.kind}>
      <legend>
        {titleOf(schema, name)}
        {required ? null : <span className="wb-field-optional">optional</span>}
        {!required && !missing && onRemove ? <Remove label={titleOf(schema, name)} onClick={onRemove} /> : null}
      </legend>
      {schema.description ? <p className="wb-field-hint">{schema.description}</p> : null}
      <Said context={context} pointer={pointer} />
      {body}
    </fieldset>
  );
}

export function Items({ schema, context, value, pointer, name, required, top, onChange, onRemove }) {
  const items = Array.isArray(value) ? value : [];
  const [shown, show] = useState(STEP);
  const [turn, setTurn] = useState(0); // grows when places change, so that each field begins with its own value
  const part = (index) => schema.prefixItems?.[index] ?? (schema.items === false ? {} : schema.items ?? {});
  const put = (next) => {
    setTurn(turn + 1);
    onChange(next, "pressed");
  };
  const move = (from, to) => put(moved(items, from, to));
  const label = titleOf(schema, name);
  return (
    <fieldset className={top ? "wb-data-group" : "wb-data-group wb-data-inner"} data-pointer={pointer} data-changed={context.was[pointer]?.[0]?.kind}>
      <legend className={top ? "wb-sr" : undefined}>
        {label}
        <span className="wb-field-optional">{items.length === 1 ? "1 item" : `${items.length} items`}</span>
        {!required && value !== undefined && onRemove ? <Remove label={label} onClick={onRemove} /> : null}
      </legend>
      {schema.description ? <p className="wb-field-hint">{schema.description}</p> : null}
      <Said context={context} pointer={pointer} />
      <ol className="wb-data-items">
        {items.slice(0, shown).map((item, index) => (
          <li key={`${turn}-${index}`} data-changed={context.was[member(pointer, index)]?.[0]?.kind}>
            <div className="wb-data-item">
              <Node
                schema={part(index)}
                context={context}
                value={item}
                pointer={member(pointer, index)}
                name={`${label} ${index + 1}`}
                required
                bare
                onChange={(next, at) => onChange(items.map((one, place) => (place === index ? (next === undefined ? null : next) : one)), at)}
              />
            </div>
            <div className="wb-data-item-tools">
              <Tool icon={ArrowUp} label={`Move ${label} ${index + 1} up`} disabled={index === 0} onClick={() => move(index, index - 1)} />
              <Tool icon={ArrowDown} label={`Move ${label} ${index + 1} down`} disabled={index === items.length - 1} onClick={() => move(index, index + 1)} />
              <Tool icon={X} label={`Remove ${label} ${index + 1}`} onClick={() => put(items.filter((_, place) => place !== index))} />
            </div>
          </li>
        ))}
      </ol>
      {items.length > shown ? <More left={items.length - shown} of="items" onClick={() => show(shown + STEP)} /> : null}
      <Add label="Add an item" onClick={() => { show(Math.max(shown, items.length + 1)); put([...items, firstOf(part(items.length), context.root, items)]); }} />
    </fieldset>
  );
}

/* A new item is empty, of the kind that its schema or the items before it have. */
function firstOf(schema, root, items) {
  const blank = blankOf(schema, root);
  if (blank !== undefined) return blank;
  const like = items.at(-1);
  if (kindOf(resolve(schema, root), undefined) !== "json" || like === undefined) return null;
  if (isObject(like)) return Object.fromEntries(Object.keys(like).map((key) => [key, typeof like[key] === "string" ? "" : null]));
  return Array.isArray(like) ? [] : typeof like === "string" ? "" : null;
}

function Said({ context, pointer }) {
  return (context.said[pointer] ?? []).map((one) => (
    <p key={one.message} role="alert" className="wb-field-error">{one.message}</p>
  ));
}

function Add({ label, onClick }) {
  return (
    <button type="button" className="wb-data-add" onClick={onClick}>
      <Plus size={14} strokeWidth={1.75} />
      {label}
    </button>
  );
}

function Remove({ label, onClick }) {
  return <Tool icon={X} label={`Remove ${label}`} onClick={onClick} />;
}

function Tool({ icon: Icon, label, ...rest }) {
  return (
    <button type="button" className="wb-icon-button" aria-label={label} title={label} {...rest}>
      <Icon size={14} strokeWidth={1.75} />
    </button>
  );
}

function More({ left, of, onClick }) {
  return (
    <button type="button" className="wb-more" onClick={onClick}>
      Show {Math.min(STEP, left)} more of {left.toLocaleString()} {of}
    </button>
  );
}

function entriesOf(schema, value) {
  const order = Array.isArray(schema.order) ? schema.order : []; // a stored document sorts its names
  const place = (name) => (order.includes(name) ? order.indexOf(name) : order.length);
  const known = Object.entries(schema.properties ?? {}).sort(([one], [other]) => place(one) - place(other));
  const others = isObject(value) ? Object.keys(value).filter((key) => !schema.properties?.[key]) : [];
  const rest = isObject(schema.additionalProperties) ? schema.additionalProperties : {};
  return [...known, ...others.map((key) => [key, rest])];
}

function withPart(value, key, part) {
  const next = isObject(value) ? { ...value } : {};
  if (part === undefined) delete next[key];
  else next[key] = part;
  return next;
}

function moved(items, from, to) {
  const next = [...items];
  next.splice(to, 0, ...next.splice(from, 1));
  return next;
}
