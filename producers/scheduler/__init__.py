"""Timers as events (R6): one leader publishes `outlet.day-started` once per outlet and local date."""
