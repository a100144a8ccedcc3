"""What every conversation needs: who speaks, one request, prompts, buttons, menus."""
