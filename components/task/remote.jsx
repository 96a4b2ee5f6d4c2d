// Data that is too large to travel with the page: read from its address when somebody asks for it.
import { useEffect, useState } from "react";
import { OutputViewer } from "$/public/external/components/output/viewer/viewer.jsx";

export function RemoteData({ href, size }) {
  const [state, setState] = useState("");
  const [value, setValue] = useState(undefined);
  useEffect(() => {
    setValue(undefined);
    setState("");
  }, [href]);
  const read = async () => {
    setState("Reading …");
    try {
      const answer = await fetch(href);
      if (!answer.ok) throw new Error((await answer.json()).detail);
      setValue(await answer.json());
      setState("");
    } catch (error) {
      setState(error.message || "The data could not be read. Try it again.");
    }
  };
  if (value !== undefined) return <OutputViewer value={value} mediaType="application/json" href={href} path="" />;
  return (
    <div className="wb-remote" data-testid="remote-data">
      <p>The data has {size}.</p>
      <div className="wb-remote-ways">
        <button type="button" className="wb-data-add" onClick={read}>Show it here</button>
        <a href={href} download="data.json">Download it</a>
      </div>
      {state ? <p role="status" className="wb-field-hint">{state}</p> : null}
    </div>
  );
}
