// The forms before one is in: they are sent over HTTP, because only an HTTP answer can set the session's cookie.
// The websocket that is open still carries the old one, so what follows is loaded anew.
import { useEffect, useId, useRef, useState } from "react";

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

/** Send `values`; the answer's JSON, or the problem. */
export async function send(action, values, method = "POST") {
  let answer;
  try {
    answer = await fetch(action, {
      method,
      headers: { "Content-Type": "application/json" },
      body: values && JSON.stringify(values),
    });
  } catch {
    return { problem: { detail: "The workbench does not answer. Try again in a moment." } };
  }
  const said = await answer.json().catch(() => ({}));
  if (answer.ok) return { said };
  return { problem: { detail: "Something went wrong inside the workbench. Try again.", ...said } };
}

function Field({ field, error, first }) {
  const id = useId();
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
          {field.hint && !error && <p className="wb-field-hint">{field.hint}</p>}
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

/**
 * A form. `fields` with `after` are asked for once the answer had that code; `given` goes with what is typed.
 * On success the browser goes on, unless `onDone` says otherwise. `calm` forms stand among others on a page:
 * they do not take the cursor, and their button is no more than one of many.
 */
export function Form({ action, fields, submit, given, account, calm, onDone }) {
  const form = useRef(null);
  const [problem, setProblem] = useState(null);
  const [codes, setCodes] = useState([]);
  const [busy, setBusy] = useState(false);

  useEffect(() => {
    if (!problem) return;
    const wrong = form.current.querySelector("[aria-invalid='true']");
    const asked = form.current.querySelector(`[data-after='${problem.code}'] input`);
    (wrong ?? asked ?? form.current.querySelector("input[type='password']"))?.focus();
  }, [problem]);

  const shown = fields.filter((field) => !field.after || codes.includes(field.after));
  const errors = Object.fromEntries((problem?.problems ?? []).map((one) => [one.field, one.message]));
  const atField = shown.some((field) => errors[field.name]);
  const asks = problem?.asks ?? false;

  async function onSubmit(event) {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    const { said, problem: refused } = await send(action, { ...Object.fromEntries(new FormData(form.current)), ...given });
    if (!refused) {
      (onDone ?? (() => window.location.assign(onward())))(said);
      return;
    }
    setBusy(false);
    const asks = fields.some((field) => field.after && field.after === refused.code) && !codes.includes(refused.code);
    setProblem({ ...refused, asks }); // to be asked for something more is no error
    if (asks) setCodes((known) => [...known, refused.code]);
  }

  return (
    <form ref={form} method="post" action={action} onSubmit={onSubmit} className={calm ? "wb-form wb-form-calm" : "wb-form"} data-testid="entrance-form">
      {account && <input type="email" autoComplete="username" value={account} readOnly hidden />}
      {shown.map((field, index) => (
        <div key={field.name} data-after={field.after}>
          <Field field={field} error={errors[field.name]} first={!calm && index === 0} />
        </div>
      ))}
      {problem && !atField && <Said text={problem.detail} asks={asks} />}
      <button type="submit" disabled={busy} className={calm ? "wb-button" : "wb-entrance-submit"}>
        {submit}
      </button>
    </form>
  );
}

export function Said({ text, asks }) {
  return (
    <p role={asks ? "status" : "alert"} className={asks ? "wb-entrance-note" : "wb-entrance-error"} data-testid="entrance-error">
      {text}
    </p>
  );
}

function Heading({ title, text }) {
  return (
    <>
      <h1 className="wb-entrance-title">{title}</h1>
      {text && <p className="wb-entrance-text">{text}</p>}
    </>
  );
}

/** `fromAddress` names the field that is not asked for when the address brings it. */
export function EntranceForm({ action, fields, submit, fromAddress }) {
  const [brought, setBrought] = useState("");
  useEffect(() => {
    if (fromAddress) setBrought((known) => known || takeToken());
  }, [fromAddress]);
  const given = brought ? { [fromAddress]: brought } : {};
  return <Form action={action} fields={fields.filter((one) => !(one.name in given))} submit={submit} given={given} />;
}

/** What the link in the address is for, and the form that goes with it; `kinds` has the words of each. */
export function EntranceLink({ look, kinds, onward: after }) {
  const token = useRef("");
  const [{ said, problem }, setAnswer] = useState({});
  const [done, setDone] = useState(false);

  useEffect(() => {
    const brought = takeToken();
    if (brought) token.current = brought;
    else if (token.current) return; // the effect runs twice while developing
    const incomplete = { detail: "This address is not complete. Open the whole link that you were sent." };
    if (brought) send(look, { token: brought }).then(setAnswer);
    else setAnswer({ problem: incomplete });
  }, [look]);

  if (problem) return (
    <>
      <Heading title="This link does not work" />
      <Said text={problem.detail} />
      <a href={after} className="wb-entrance-link">Go to sign in</a>
    </>
  );
  if (!said) return <div className="wb-skeleton" aria-label="Loading" />;
  const kind = kinds[said.kind];
  if (done) return (
    <>
      <Heading title={kind.done} />
      <a href={after} className="wb-entrance-submit">Sign in</a>
    </>
  );
  const words = (text) => text.replace("{email}", said.email).replace("{workspace}", said.workspace);
  return (
    <>
      <Heading title={words(kind.title)} text={words(kind.text)} />
      <Form
        action={kind.action}
        fields={kind.fields}
        submit={kind.submit}
        given={{ token: token.current }}
        account={said.email}
        onDone={kind.done ? () => setDone(true) : undefined}
      />
    </>
  );
}
