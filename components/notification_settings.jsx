// Where one is told things, and when not. Addresses go over HTTP and never come back.
import { useEffect, useId, useState } from "react";
import { Said, send } from "$/public/external/components/entrance/entrance.jsx";

const HERE = "/api/v1/notifications";
const PACES = [
  ["now", "At once"],
  ["hourly", "Together, every hour"],
  ["daily", "Together, every day"],
];

export function NotificationSettings({ labels, shared_labels, sharedLabels, secure, admin, alone }) {
  return (
    <>
      {!secure && (
        <p className="wb-setting-text">
          Channels are for the person alone, who does not act here. What they are told can be seen, not changed.
        </p>
      )}
      <Channels
        title="Your channels"
        text="Each gets what you choose, in one message where several things come together. In the browser you find all of it behind the bell."
        base={`${HERE}/channels`}
        labels={labels}
        locked={!secure}
        mail={alone}
        testid="own-channels"
      >
        {(reload) => secure && <ThisBrowser onChanged={reload} />}
      </Channels>
      <QuietHours />
      {admin && (
        <Channels
          title="Channels of the workspace"
          text="For example the team's chat. Steps “Notify” name them by their name. Nothing of a narrowed workflow goes here by itself."
          base={`${HERE}/workspace-channels`}
          labels={shared_labels ?? sharedLabels}
          testid="workspace-channels"
        />
      )}
    </>
  );
}

function Section({ title, text, children, testid }) {
  return (
    <section className="wb-section wb-setting" data-testid={testid}>
      <h2 className="wb-section-title">{title}</h2>
      {text && <p className="wb-setting-text">{text}</p>}
      {children}
    </section>
  );
}

function Channels({ title, text, base, labels, locked, mail, testid, children }) {
  const [{ said, problem }, setAnswer] = useState({});
  const load = () => send(base, null, "GET").then(setAnswer);
  useEffect(() => {
    load();
  }, [base]);
  if (problem) return (
    <Section title={title} testid={testid}>
      <Said text={problem.detail} />
    </Section>
  );
  if (!said) return <div className="wb-skeleton" aria-label="Loading" />;
  return (
    <Section title={title} text={text} testid={testid}>
      {said.length > 0 && (
        <ul className="wb-channels">
          {said.map((channel) => (
            <Channel key={channel.id} channel={channel} base={base} labels={labels} locked={locked} onChanged={load} />
          ))}
        </ul>
      )}
      {said.length === 0 && <p className="wb-channels-none">None yet.</p>}
      {children?.(load)}
      {!locked && <NewChannel base={base} mail={mail} onAdded={load} />}
    </Section>
  );
}

function Channel({ channel, base, labels, locked, onChanged }) {
  const [open, setOpen] = useState(false);
  const [answer, setAnswer] = useState(null);
  const [busy, setBusy] = useState(false);
  const here = `${base}/${channel.id}`;

  async function change(values) {
    const { problem } = await send(here, values, "PATCH");
    setAnswer(problem ? { sent: false, message: problem.detail } : null);
    onChanged();
  }
  async function tryIt() {
    setBusy(true);
    setAnswer(null);
    const { said, problem } = await send(`${here}/test`, null);
    setAnswer(said ?? { sent: false, message: problem.detail });
    setBusy(false);
    onChanged();
  }
  async function remove() {
    const { problem } = await send(here, null, "DELETE");
    if (problem) setAnswer({ sent: false, message: problem.detail });
    onChanged();
  }

  return (
    <li className="wb-channel" data-testid="channel">
      <div className="wb-channel-head">
        <div className="wb-channel-what">
          <strong className="wb-channel-name">{channel.name}</strong>
          <span className="wb-channel-where">
            {channel.service}
            {channel.shown && <span className="wb-data"> {channel.shown}</span>}
          </span>
          {!(answer && !answer.sent) && <State channel={channel} />}
        </div>
        {!locked && (
          <div className="wb-channel-buttons">
            <button type="button" className="wb-button" onClick={tryIt} disabled={busy || !channel.usable} data-testid="send-test">
              {busy ? "Sending…" : "Send a test"}
            </button>
            <button type="button" className="wb-button" aria-expanded={open} onClick={() => setOpen(!open)} data-testid="choose">
              {open ? "Close" : "Choose"}
            </button>
          </div>
        )}
      </div>
      {answer && (
        <p role={answer.sent ? "status" : "alert"} className={answer.sent ? "wb-channel-sent" : "wb-channel-failed"} data-testid="test-answer">
          {answer.message}
        </p>
      )}
      {open && (
        <div className="wb-channel-rules">
          <fieldset className="wb-channel-occasions">
            <legend>Tell it when</legend>
            {labels.map(([name, words]) => (
              <label key={name} className="wb-check">
                <input
                  type="checkbox"
                  checked={channel.occasions.includes(name)}
                  onChange={(event) =>
                    change({
                      occasions: event.target.checked
                        ? [...channel.occasions, name]
                        : channel.occasions.filter((one) => one !== name),
                    })
                  }
                />
                {words}
              </label>
            ))}
          </fieldset>
          <div className="wb-channel-pace">
            <label className="wb-field">
              <span className="wb-field-label">When</span>
              <select className="wb-input" value={channel.pace} onChange={(event) => change({ pace: event.target.value })} data-testid="pace">
                {PACES.map(([value, words]) => (
                  <option key={value} value={value}>
                    {words}
                  </option>
                ))}
              </select>
            </label>
            {channel.pace === "daily" && (
              <label className="wb-field">
                <span className="wb-field-label">At</span>
                <input
                  type="time"
                  className="wb-input"
                  defaultValue={channel.daily_at}
                  onBlur={(event) => event.target.value && change({ daily_at: event.target.value })}
                />
              </label>
            )}
            <label className="wb-check">
              <input type="checkbox" checked={channel.enabled} onChange={(event) => change({ enabled: event.target.checked })} />
              Switched on
            </label>
            {channel.removable && (
              <button type="button" className="wb-button" onClick={remove} data-testid="remove-channel">
                Remove
              </button>
            )}
          </div>
        </div>
      )}
    </li>
  );
}

function State({ channel }) {
  if (!channel.usable)
    return <span className="wb-channel-failed">This installation has no mail server yet; its operator sets WORKBENCH_MAIL_SERVER.</span>;
  if (!channel.enabled) return <span className="wb-channel-off">Switched off{channel.why ? `: ${channel.why}` : ""}</span>;
  if (channel.failed_at) return <span className="wb-channel-failed">The last message did not get there: {channel.why}</span>;
  const pace = PACES.find(([value]) => value === channel.pace)[1].toLowerCase();
  const count = channel.occasions.length;
  const what = count ? `${count} occasion${count === 1 ? "" : "s"}` : "nothing chosen";
  return <span className="wb-channel-off">{`${what}, ${pace}${channel.pace === "daily" ? ` at ${channel.daily_at}` : ""}`}</span>;
}

function NewChannel({ base, mail, onAdded }) {
  const [open, setOpen] = useState(false);
  const [problem, setProblem] = useState(null);
  const [busy, setBusy] = useState(false);
  const [kind, setKind] = useState("address");
  const id = useId();
  if (!open)
    return (
      <button type="button" className="wb-button wb-channels-add" onClick={() => setOpen(true)} data-testid="add-channel">
        Add a channel
      </button>
    );
  const wrong = Object.fromEntries((problem?.problems ?? []).map((one) => [one.field, one]));

  async function add(event) {
    event.preventDefault();
    const form = event.target;
    setBusy(true);
    const { problem: refused } = await send(base, { ...Object.fromEntries(new FormData(form)), kind });
    setBusy(false);
    setProblem(refused ?? null);
    if (refused) return;
    form.reset();
    setOpen(false);
    onAdded();
  }
  return (
    <form className="wb-channel-form" onSubmit={add} data-testid="new-channel">
      {mail && (
        <label className="wb-field">
          <span className="wb-field-label">What</span>
          <select className="wb-input" value={kind} onChange={(event) => setKind(event.target.value)}>
            <option value="address">A service, by its apprise address</option>
            <option value="email">E-mail by this installation's mail server</option>
          </select>
        </label>
      )}
      <label className="wb-field">
        <span className="wb-field-label">Name</span>
        <input name="name" className="wb-input" required maxLength={120} autoFocus autoComplete="off" />
      </label>
      <div className="wb-field">
        <label htmlFor={`${id}-address`} className="wb-field-label">
          {kind === "email" ? "E-mail address" : "Address"}
        </label>
        <input
          id={`${id}-address`}
          name="address"
          type={kind === "email" ? "email" : "password"}
          className="wb-input wb-data"
          required
          maxLength={2000}
          autoComplete="off"
          aria-invalid={wrong.address ? "true" : undefined}
          aria-describedby={`${id}-notes`}
          placeholder={kind === "email" ? "you@example.org" : "slack://… ntfy://… json://…"}
        />
        <span id={`${id}-notes`} className={wrong.address ? "wb-field-error" : "wb-field-hint"}>
          {wrong.address
            ? `${wrong.address.message}. ${wrong.address.hint ?? ""}`
            : kind === "email"
              ? "Messages go there by the mail server that the operator has set."
              : "As apprise writes it. It is stored sealed and never shown again."}
        </span>
      </div>
      {problem && !wrong.address && <Said text={problem.detail} />}
      <div className="wb-channel-buttons">
        <button type="submit" className="wb-button wb-channel-go" disabled={busy}>
          {busy ? "Looking at it…" : "Add"}
        </button>
        <button type="button" className="wb-button" onClick={() => setOpen(false)}>
          Cancel
        </button>
      </div>
    </form>
  );
}

function QuietHours() {
  const [hours, setHours] = useState(null);
  const [said, setSaid] = useState(null);
  useEffect(() => {
    send(`${HERE}/quiet-hours`, null, "GET").then(({ said: found, problem }) => (found ? setHours(found) : setSaid(problem.detail)));
  }, []);
  if (!hours) return said ? <Said text={said} /> : <div className="wb-skeleton" aria-label="Loading" />;
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const zones = [...new Set([hours.zone, own, ...(Intl.supportedValuesOf?.("timeZone") ?? [])])].filter(Boolean);

  async function save(values) {
    const wanted = { ...hours, ...values };
    setHours(wanted);
    if (Boolean(wanted.begins) !== Boolean(wanted.ends)) return setSaid("Say both when quiet hours begin and when they end.");
    const { problem } = await send(`${HERE}/quiet-hours`, wanted, "PUT");
    setSaid(problem ? problem.detail : null);
  }
  const set = (begins, ends) => save({ begins, ends, zone: hours.zone === "UTC" && own ? own : hours.zone });
  return (
    <Section title="Quiet hours" text="Nothing is sent to your channels in them; it comes when they are over." testid="quiet-hours">
      <div className="wb-quiet">
        <label className="wb-field">
          <span className="wb-field-label">From</span>
          <input type="time" className="wb-input" value={hours.begins ?? ""} onChange={(event) => set(event.target.value || null, hours.ends)} data-testid="quiet-begins" />
        </label>
        <label className="wb-field">
          <span className="wb-field-label">Until</span>
          <input type="time" className="wb-input" value={hours.ends ?? ""} onChange={(event) => set(hours.begins, event.target.value || null)} data-testid="quiet-ends" />
        </label>
        <label className="wb-field wb-quiet-zone">
          <span className="wb-field-label">Time zone</span>
          <select className="wb-input" value={hours.zone} onChange={(event) => save({ zone: event.target.value })}>
            {zones.map((zone) => (
              <option key={zone} value={zone}>
                {zone}
              </option>
            ))}
          </select>
        </label>
        <label className="wb-check">
          <input type="checkbox" checked={hours.weekends} onChange={(event) => save({ weekends: event.target.checked })} />
          Weekends too
        </label>
      </div>
      {said && <Said text={said} />}
    </Section>
  );
}

function ThisBrowser({ onChanged }) {
  const [said, setSaid] = useState(null);
  const [busy, setBusy] = useState(false);
  const possible = typeof window !== "undefined" && "serviceWorker" in navigator && "PushManager" in window;
  if (!possible)
    return <p className="wb-channels-none">This browser takes no push messages; while the workbench is open, it shows them in the page.</p>;

  async function subscribe() {
    setBusy(true);
    try {
      setSaid(await subscribed(onChanged));
    } catch (error) {
      setSaid(`The browser did not subscribe: ${error.message}`);
    }
    setBusy(false);
  }
  return (
    <>
      <button type="button" className="wb-button wb-channels-add" onClick={subscribe} disabled={busy} data-testid="this-browser">
        {busy ? "Asking the browser…" : "Tell me in this browser"}
      </button>
      {said && <Said text={said} />}
    </>
  );
}

/** Returns why not, or nothing. */
async function subscribed(onChanged) {
  if ((await Notification.requestPermission()) !== "granted")
    return "The browser does not let the workbench show notifications; allow it in the browser's settings for this site.";
  const { said, problem } = await send(`${HERE}/browser-key`, null, "GET");
  if (problem) return problem.detail;
  await navigator.serviceWorker.register("/notices-worker.js", { scope: "/" });
  const ready = await navigator.serviceWorker.ready;
  const known = await ready.pushManager.getSubscription();
  if (known) await known.unsubscribe();
  const subscription = await ready.pushManager.subscribe({
    userVisibleOnly: true,
    applicationServerKey: said.application_server_key,
  });
  const { endpoint, keys } = subscription.toJSON();
  const answer = await send(`${HERE}/browsers`, { name: browserName(), subscription: { endpoint, keys } }, "PUT");
  onChanged();
  return answer.problem?.detail ?? null;
}

function browserName() {
  const agent = navigator.userAgent;
  const browser = [["Edg/", "Edge"], ["Firefox/", "Firefox"], ["Chrome/", "Chrome"], ["Safari/", "Safari"]].find(([mark]) => agent.includes(mark));
  const system = ["Android", "iPhone", "iPad", "Windows", "Mac", "Linux"].find((one) => agent.includes(one));
  return `${browser?.[1] ?? "Browser"} on ${system ?? "this machine"}`;
}
