/** Site: a world and those who work and break in it. */
import { Nemesis } from "./nemesis.ts";
import { People } from "./people.ts";
import { World, type WorldSettings } from "./world.ts";

export class Site {
  readonly world: World;
  readonly #nemesis: Nemesis;
  readonly #people: People;

  constructor(settings: WorldSettings) {
    this.world = new World(settings);
    this.#nemesis = new Nemesis(this.world);
    this.#people = new People(this.world);
  }

  begin(): void {
    this.world.hub.start();
    for (const box of this.world.boxes) box.startAgent();
    this.#people.begin();
    this.#nemesis.begin();
  }

  /** Nothing goes wrong any more, and nothing new is asked for. */
  heal(): void {
    this.world.isHealed = true;
    this.#nemesis.heal();
    this.world.tell({ kind: "healed" });
    this.#people.bringUp();
  }
}
