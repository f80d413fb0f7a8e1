extern int awt_placeholder;
int awt_placeholder;
