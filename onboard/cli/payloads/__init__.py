"""The commands about payloads: made, judged, told in words, compared; `onboard onc` besides."""
