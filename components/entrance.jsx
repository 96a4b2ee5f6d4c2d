// The forms before one is in: they are sent over HTTP, because only an HTTP answer can set the session's cookie.
// The websocket that is open still carries the old one, so what follows is loaded anew.
import { useEffect, useRef, useState } from "react";

/** The token that came in the address's fragment; it is taken out of the address, which the browser remembers. */
function takeToken() {
  const token = new URLSearchParams(window.location.hash.slice(1)).get("token");
  if (token) window.history.replaceState(window.history.state, "", window.location.pathname + window.location.search);
  return token ?? "";
}

/** Where to go on: the page that was asked for, if it is one of ours. */
function onward() {
  const next = new URLSearchParams(window.location.search).get("next") ?? "/";
  try {
    const url = new URL(next, window.location.origin);
    return url.origin === window.location.origin && /^\/(?![/\\])/.test(next) ? url.href : "/";
  } catch {
    return "/";
  }
}

async function send(action, values) {
  let answer;
  try {
    answer = await fetch(action, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(values),
    });
  } catch {
    return { detail: "The workbench does not answer. Try again in a moment." };
  }
  if (answer.ok) return null;
  const problem = await answer.json().catch(() => ({}));
  return { detail: "Something went wrong inside the workbench. Try again.", ...problem };
}

function Field({ field, error, first }) {
  const id = `entrance-${field.name}`;
  const notes = field.hint || error ? `${id}-notes` : undefined;
  return (
    <div className="wb-field" data-testid={`field-${field.name}`}>
      <label htmlFor={id} className="wb-field-label">
        {field.label}
      </label>
      <input
        id={id}
        name={field.name}
        type={field.type ?? "text"}
        autoComplete={field.autocomplete ?? "off"}
        inputMode={field.inputmode}
        minLength={field.minlength}
        defaultValue={field.value ?? ""}
        readOnly={field.readonly}
        required
        autoFocus={first}
        spellCheck={false}
        autoCapitalize={field.type === "text" ? undefined : "none"}
        aria-invalid={error ? "true" : "false"}
        aria-describedby={notes}
        className={field.data ? "wb-input wb-input-data" : "wb-input"}
      />
      {notes && (
        <div id={notes}>
          {field.hint && <p className="wb-field-hint">{field.hint}</p>}
          {error && (
            <p role="alert" className="wb-field-error">
              {error}
            </p>
          )}
        </div>
      )}
    </div>
  );
}

/** `fields` with `after` are asked for once the answer had that code; `fromAddress` names the one that it may bring. */
export function EntranceForm({ action, fields, submit, fromAddress }) {
  const form = useRef(null);
  const brought = useRef("");
  const [problem, setProblem] = useState(null);
  const [codes, setCodes] = useState([]);
  const [busy, setBusy] = useState(false);
  const [hasToken, setHasToken] = useState(false);

  useEffect(() => {
    if (!fromAddress || brought.current) return;
    brought.current = takeToken();
    setHasToken(Boolean(brought.current));
  }, [fromAddress]);

  useEffect(() => {
    if (!problem) return;
    const wrong = form.current.querySelector("[aria-invalid='true']");
    const asked = form.current.querySelector(`[data-after='${problem.code}'] input`);
    (wrong ?? asked ?? form.current.querySelector("input[type='password']"))?.focus();
  }, [problem]);

  const shown = fields.filter((field) => (field.name === fromAddress ? !hasToken : !field.after || codes.includes(field.after)));
  const errors = Object.fromEntries((problem?.problems ?? []).map((one) => [one.field, one.message]));
  const atField = shown.some((field) => errors[field.name]);
  const asks = shown.some((field) => field.after && field.after === problem?.code);

  async function onSubmit(event) {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    const values = Object.fromEntries(new FormData(form.current));
    if (brought.current) values[fromAddress] = brought.current;
    const refused = await send(action, values);
    if (refused === null) {
      window.location.assign(onward());
      return;
    }
    setBusy(false);
    setProblem(refused);
    if (refused.code) setCodes((known) => [...known, refused.code]);
  }

  return (
    <form ref={form} method="post" action={action} onSubmit={onSubmit} className="wb-form" data-testid="entrance-form">
      {shown.map((field, index) => (
        <div key={field.name} data-after={field.after}>
          <Field field={field} error={errors[field.name]} first={index === 0} />
        </div>
      ))}
      {problem && !atField && (
        <p role={asks ? "status" : "alert"} className={asks ? "wb-entrance-note" : "wb-entrance-error"} data-testid="entrance-error">
          {problem.detail}
        </p>
      )}
      <button type="submit" disabled={busy} className="wb-entrance-submit">
        {submit}
      </button>
    </form>
  );
}
