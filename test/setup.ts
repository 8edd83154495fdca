/**
 * Tests choose their backend, passphrase and place themselves: what is set for the person who starts them, such as the
 * state of production, is none of theirs.
 */
for (const name of Object.keys(process.env)) {
  if (
    /^PULUMI_(BACKEND_URL|ACCESS_TOKEN|CONFIG_PASSPHRASE(_FILE)?|STACK|PREFER_PROJECT|DEBUG_.*)$/.test(name)
  )
    Reflect.deleteProperty(process.env, name);
}

/** Nothing that a test starts asks a cloud's metadata service who it is, also when it finds no credentials. */
process.env["AWS_EC2_METADATA_DISABLED"] = "true";
