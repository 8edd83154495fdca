/** What Pulumi 3.256, the Docker plugin 5.2 and Docker 20.10 really said in each fault, word for word. */

const A = "urn:pulumi:t::trial::docker:index/container:Container::a";
const STARTED =
  "Unable to start container: Error response from daemon: driver failed programming external connectivity on endpoint web (68016271b724): Error starting userland proxy: listen tcp4 127.0.0.1:8080: bind: address already in use";

/** A taken port, once as a line of the provider's log and once as the resource's error. */
export const PORT_TAKEN = {
  log: `  sdk-v2/provider2.go:571: sdk.helper_schema: ${STARTED}: provider=docker@5.2.0\n`,
  error: `1 error occurred:\n\t* creating ${A}: 1 error occurred:\n\t* ${STARTED}\n\n\n\n\n`,
  plain: STARTED,
};

/** The same fault in the words of an engine without userland proxy. */
export const PORT_ALLOCATED =
  "Unable to start container: Error response from daemon: driver failed programming external connectivity on endpoint web (b5e9): Bind for 127.0.0.1:8080 failed: port is already allocated";

export const UNHEALTHY = {
  log: "  sdk-v2/provider2.go:571: sdk.helper_schema: container failed to be in healthy state: provider=docker@5.2.0\n",
  error: `1 error occurred:\n\t* creating ${A}: 1 error occurred:\n\t* container failed to be in healthy state\n\n\n\n\n`,
  plain: "container failed to be in healthy state",
};

const BUILD =
  "Error running legacy build: executor failed running [/bin/sh -c echo before && ls /nowhere]: exit code: 2";
export const BUILD_FAILED = {
  log: `  sdk-v2/provider2.go:571: sdk.helper_schema: ${BUILD}\n\n: provider=docker@5.2.0\n`,
  error: `1 error occurred:\n\t* ${BUILD}\n\n\n\n\n`,
  plain: BUILD,
};

/** The same from the classic builder. */
export const BUILD_FAILED_CLASSIC =
  "Error running legacy build: The command '/bin/sh -c apt-get update' returned a non-zero code: 100";

const PING =
  "failed to create Docker client: Error pinging Docker server, please make sure that unix:///tmp/none.sock is reachable and has a  '_ping' endpoint. Error: Cannot connect to the Docker daemon at unix:///tmp/none.sock. Is the docker daemon running?";
export const NO_ENGINE = {
  log: `  sdk-v2/provider2.go:571: sdk.helper_schema: ${PING}: provider=docker@5.2.0\n`,
  error: `1 error occurred:\n\t* ${PING}\n\n\n`,
  plain: PING,
};

/** On standard error, since no operation begins. */
export const WRONG_PASSPHRASE =
  "warning: using pulumi-language-nodejs from $PATH at /opt/bin/pulumi-language-nodejs\nerror: getting stack configuration: get stack secrets manager: incorrect passphrase\n";

/** On standard error, since no operation begins. */
export const LOCKED =
  "error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete the lock file with `pulumi cancel`.\n  file:///home/me/state/.pulumi/locks/organization/trial/t/x.json: created by me@box (pid 99999) at 2026-11-21T11:00:00Z\n";

export const DISK_FULL =
  "Error running legacy build: write /var/lib/docker/overlay2/x/diff/usr/lib/libx.so: no space left on device";

/** A container made by hand under a name of the stack's. */
export const NAME_TAKEN =
  'Unable to create container: Error response from daemon: Conflict. The container name "/mlflow-platform-prod-nginx" is already in use by container "fcf6f7bd179e". You have to remove (or rename) that container to be able to reuse that name.';
