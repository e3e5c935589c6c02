"""What every output at the bedside says of itself."""

from __future__ import annotations

RESEARCH = "research only, not for treatment decisions"
