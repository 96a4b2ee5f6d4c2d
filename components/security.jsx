// One's password and second factor. They go over HTTP, like signing in: no secret is ever kept in a tab's state.
import { useEffect, useState } from "react";
import { Form, Said, send } from "$/public/external/components/entrance/entrance.jsx";

const HERE = "/api/v1/users/me";

export function Security({ change, proof, code }) {
  const [{ said, problem }, setAnswer] = useState({});
  const load = () => send(`${HERE}/security`, null, "GET").then(setAnswer);
  useEffect(() => {
    load();
  }, []);

  if (problem) return <Said text={problem.detail} asks />;
  if (!said) return <div className="wb-skeleton" aria-label="Loading" />;
  if (!said.password)
    return <p className="wb-setting-text">You sign in through a provider; your password and second factor are there.</p>;
  return (
    <>
      <Password fields={change} account={said.email} />
      <SecondFactor on={said.second_factor} proof={proof} code={code} account={said.email} onChanged={load} />
    </>
  );
}

function Section({ title, children, testid }) {
  return (
    <section className="wb-section wb-setting" data-testid={testid}>
      <h2 className="wb-section-title">{title}</h2>
      {children}
    </section>
  );
}

function Password({ fields, account }) {
  const [changed, setChanged] = useState(0);
  return (
    <Section title="Password" testid="password">
      <Form
        key={changed}
        action={`${HERE}/password`}
        fields={fields}
        submit="Change password"
        account={account}
        calm
        onDone={() => setChanged(changed + 1)}
      />
      {changed > 0 && <Said text="Your password is changed. You are signed out everywhere else." asks />}
    </Section>
  );
}

/** Off; or being set up, with what the app needs; or on. */
function SecondFactor({ on, proof, code, account, onChanged }) {
  const [enrolment, setEnrolment] = useState(null);
  const done = () => {
    setEnrolment(null);
    onChanged();
  };
  if (enrolment) return (
    <Section title="Second factor" testid="second-factor">
      <p className="wb-setting-text">Read this with your authenticator app, then enter the code that it shows.</p>
      <div className="wb-qr" role="img" aria-label="QR code" dangerouslySetInnerHTML={{ __html: enrolment.qr }} />
      <p className="wb-setting-text">
        Or type the key: <code className="wb-qr-key">{enrolment.secret.match(/.{1,4}/g).join(" ")}</code>
      </p>
      <Form key="confirm" action={`${HERE}/second-factor/confirm`} fields={code} submit="Confirm" calm onDone={done} />
    </Section>
  );
  const words = on
    ? "On: signing in asks for a code of your authenticator app after your password."
    : "Off: your password alone signs you in. With a second factor, a stolen password is not enough.";
  return (
    <Section title="Second factor" testid="second-factor">
      <p className="wb-setting-text">{words}</p>
      <Form
        key={on ? "off" : "on"}
        action={on ? `${HERE}/second-factor/off` : `${HERE}/second-factor`}
        fields={proof}
        submit={on ? "Take off" : "Set up a second factor"}
        account={account}
        calm
        onDone={on ? done : setEnrolment}
      />
    </Section>
  );
}
