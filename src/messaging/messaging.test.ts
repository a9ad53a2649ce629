import { afterAll, setDefaultTimeout } from "bun:test";
import { servicesUp } from "../../infrastructure/local/services.ts";
import { messagingContract } from "../../tests/contracts/messaging.ts";
import { openInProcessMessaging } from "./in-process.ts";
import { Place } from "./kafka/kafka.fixture.ts";

setDefaultTimeout(60_000);
const { kafka } = await servicesUp(["kafka"]);
const places: Place[] = [];
afterAll(() => Promise.all(places.map((place) => place.close())));

messagingContract("in process", { open: async () => openInProcessMessaging(), keeps: false });
messagingContract("Kafka", {
  open: () => {
    const place = new Place(kafka);
    places.push(place);
    return place.open();
  },
  keeps: true,
});
