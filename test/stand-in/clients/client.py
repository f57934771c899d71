"""A client of `codex app-server` and of `claude`, by their protocols alone; it knows nothing of Reprise.

usage: client.py codex|claude '{"messages": ["hi"], "decision": "accept"}'
Prints what was answered, one JSON array; its exit code is the provider's.
"""

import json
import os
import subprocess
import sys
import uuid


def start(command):
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)


def send(process, frame):
    process.stdin.write(json.dumps(frame).encode() + b"\n")


def frames(process):
    for line in process.stdout:
        yield json.loads(line)


def codex(messages, decision=None):
    process = start(["codex", "app-server"])
    received = frames(process)
    said = []

    def until(done):
        for frame in received:
            if frame.get("method", "").endswith("/requestApproval"):
                send(process, {"id": frame["id"], "result": {"decision": decision}})
            if frame.get("method") == "item/completed" and frame["params"]["item"]["type"] == "agentMessage":
                said.append(frame["params"]["item"]["text"])
            if done(frame):
                return frame
        raise SystemExit(process.wait())

    def ask(number, method, params):
        send(process, {"id": number, "method": method, "params": params})
        return until(lambda frame: frame.get("id") == number and "method" not in frame)

    info = {"name": "reprise", "title": "Reprise", "version": "0.1.0"}
    capabilities = {"experimentalApi": False, "requestAttestation": False}
    ask(41, "initialize", {"clientInfo": info, "capabilities": capabilities})
    send(process, {"method": "initialized"})
    thread = ask(42, "thread/start", {"cwd": os.getcwd()})["result"]["thread"]["id"]
    for number, text in enumerate(messages, 43):
        content = [{"type": "text", "text": text, "text_elements": []}]
        ask(number, "turn/start", {"threadId": thread, "input": content})
        until(lambda frame: frame.get("method") == "turn/completed")
    process.stdin.close()
    return process.wait(), said


def claude(messages, decision=None):
    flags = ["--output-format", "stream-json", "--verbose", "--input-format", "stream-json"]
    flags += ["--permission-prompt-tool=stdio", "--include-partial-messages"]
    process = start(["claude", *flags, "--model=claude-sonnet-4-5", "--permission-mode=default"])
    received = frames(process)
    said = []

    def until(done):
        for frame in received:
            if frame["type"] == "control_request" and frame["request"]["subtype"] == "can_use_tool":
                request = frame["request"]
                answer = {"behavior": decision, "updatedInput": request["input"], "toolUseID": request["tool_use_id"]}
                body = {"subtype": "success", "request_id": frame["request_id"], "response": answer}
                send(process, {"type": "control_response", "response": body})
            if frame["type"] == "result":
                said.append(frame["result"])
            if done(frame):
                return frame
        raise SystemExit(process.wait())

    send(process, {"request_id": "py-1", "type": "control_request", "request": {"subtype": "initialize"}})
    until(lambda frame: frame["type"] == "control_response")
    for text in messages:
        message = {"role": "user", "content": text}
        own = {"parent_tool_use_id": None, "session_id": "", "uuid": str(uuid.uuid4())}
        send(process, {"type": "user", "message": message, **own})
        until(lambda frame: frame["type"] == "result")
    process.stdin.close()
    return process.wait(), said


code, said = {"codex": codex, "claude": claude}[sys.argv[1]](**json.loads(sys.argv[2]))
print(json.dumps(said))
sys.exit(code)
