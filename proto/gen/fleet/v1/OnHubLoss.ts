// Original file: proto/fleet/v1/types.proto

export const OnHubLoss = {
  ON_HUB_LOSS_UNSPECIFIED: 'ON_HUB_LOSS_UNSPECIFIED',
  ON_HUB_LOSS_STOP: 'ON_HUB_LOSS_STOP',
  ON_HUB_LOSS_FINISH: 'ON_HUB_LOSS_FINISH',
} as const;

export type OnHubLoss =
  | 'ON_HUB_LOSS_UNSPECIFIED'
  | 0
  | 'ON_HUB_LOSS_STOP'
  | 1
  | 'ON_HUB_LOSS_FINISH'
  | 2

export type OnHubLoss__Output = typeof OnHubLoss[keyof typeof OnHubLoss]
