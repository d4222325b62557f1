/** Operator types: what each method of the operator service takes and gives, by the method's name. */
import type { MethodDefinition } from "@grpc/proto-loader";
import type { OperatorDefinition } from "../../proto/gen/fleet/v1/Operator.ts";

type NamedKey<Key> = string extends Key ? never : number extends Key ? never : Key;
type NamedMembers<Type> = { [Key in keyof Type as NamedKey<Key>]: Type[Key] };
type Methods = NamedMembers<OperatorDefinition>;

export type OperatorMethod = keyof Methods;

/** The methods that answer with a stream; all others are unary. */
export type OperatorStreamMethod = "Events" | "Watch";
export type OperatorUnaryMethod = Exclude<OperatorMethod, OperatorStreamMethod>;

/** What a caller writes: every field may be left out. */
export type OperatorCall<Method extends OperatorMethod> =
  Methods[Method] extends MethodDefinition<infer Call, infer _Reply, infer _Request, infer _Answer>
    ? Call
    : never;

/** What the hub reads. */
export type OperatorRequest<Method extends OperatorMethod> =
  Methods[Method] extends MethodDefinition<infer _Call, infer _Reply, infer Request, infer _Answer>
    ? Request
    : never;

/** What the hub writes. */
export type OperatorReply<Method extends OperatorMethod> =
  Methods[Method] extends MethodDefinition<infer _Call, infer Reply, infer _Request, infer _Answer>
    ? Reply
    : never;

/** What a caller reads. */
export type OperatorAnswer<Method extends OperatorMethod> =
  Methods[Method] extends MethodDefinition<infer _Call, infer _Reply, infer _Request, infer Answer>
    ? Answer
    : never;
