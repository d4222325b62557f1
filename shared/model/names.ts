/** Names: what may stand as a name, one rule for documents, definitions and the wire, so that none takes what another refuses. */

/** Of a runner, campaign, subsystem or level: fit for a file name. */
export const NAME = /^[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?$/;
export const NAME_RULE = "must be a name: a-z, 0-9 and inner '.', '_', '-', at most 63";

/** Of a node: also a label of a host name. */
export const NODE = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
export const NODE_RULE = "must be a node name: a-z, 0-9 and inner '-', at most 63";

/** An identifier that its maker chose: session, boot, instance, GPU, key, producer. */
export const ID = /^[A-Za-z0-9]([A-Za-z0-9._:@/+-]{0,127})$/;
export const ID_RULE = "must be 1 to 128 letters, digits or any of . _ : @ / + -";
